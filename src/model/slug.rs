//! Ids made of words: `^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`.
//!
//! Import names what it finds after the words it found, so that an id can be read and is the same
//! each time the same text is read. A slug says nothing about uniqueness; whoever collects slugs
//! adds `-2` by [`numbered`].

/// Longest id.
const BYTES_MAX: usize = 63;

/// The words of `text` as an id, cut at a word; none when the text has no word to make one of.
pub fn slug(text: &str) -> Option<String> {
    let mut id = String::new();
    for word in words(text) {
        let gap = usize::from(!id.is_empty());
        if id.len() + gap + word.len() > BYTES_MAX {
            if id.is_empty() {
                id.extend(word.chars().take(BYTES_MAX));
            }
            break;
        }
        if gap == 1 {
            id.push('-');
        }
        id.push_str(&word);
    }
    if id.is_empty() {
        return None;
    }
    if id.starts_with(|c: char| c.is_ascii_digit()) {
        id = cut(&format!("n{id}"), BYTES_MAX);
    }
    Some(id)
}

/// The id with a number, still within the longest id: `renewed-clashes-2`.
pub fn numbered(id: &str, number: usize) -> String {
    let tail = format!("-{number}");
    format!("{}{tail}", cut(id, BYTES_MAX.saturating_sub(tail.len())))
}

fn cut(id: &str, bytes: usize) -> String {
    let kept: String = id.chars().take(bytes).collect();
    kept.trim_end_matches('-').to_owned()
}

/// Runs of ASCII letters and digits, accents removed; an apostrophe does not part a word.
fn words(text: &str) -> impl Iterator<Item = String> {
    let mut words = vec![String::new()];
    for c in text.chars() {
        if matches!(c, '\'' | '\u{2019}' | '\u{2018}') {
            continue;
        }
        let plain = unaccented(c);
        if plain.is_empty() {
            words.push(String::new());
        } else if let Some(word) = words.last_mut() {
            word.push_str(plain.to_ascii_lowercase().as_str());
        }
        if words.iter().map(String::len).sum::<usize>() > 4 * BYTES_MAX {
            break;
        }
    }
    words.into_iter().filter(|word| !word.is_empty())
}

fn unaccented(c: char) -> String {
    if c.is_ascii_alphanumeric() {
        return c.to_string();
    }
    let plain = match c {
        'à'..='å' | 'À'..='Å' | 'ā' | 'ă' | 'ą' => "a",
        'ç' | 'Ç' | 'ć' | 'č' | 'Č' => "c",
        'è'..='ë' | 'È'..='Ë' | 'ē' | 'ę' | 'ě' => "e",
        'ì'..='ï' | 'Ì'..='Ï' | 'ī' | 'ı' | 'İ' => "i",
        'ñ' | 'Ñ' | 'ń' | 'ň' => "n",
        'ò'..='ö' | 'ø' | 'Ò'..='Ö' | 'Ø' | 'ō' | 'ő' => "o",
        'ù'..='ü' | 'Ù'..='Ü' | 'ū' | 'ů' | 'ű' => "u",
        'ş' | 'š' | 'Š' | 'Ş' | 'ś' | 'ș' => "s",
        'ž' | 'Ž' | 'ź' | 'ż' => "z",
        'ğ' => "g",
        'ł' | 'Ł' => "l",
        'ý' | 'ÿ' => "y",
        'ß' => "ss",
        'æ' | 'Æ' => "ae",
        'œ' | 'Œ' => "oe",
        _ => "",
    };
    plain.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn valid(id: &str) -> bool {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        (1..=63).contains(&id.len())
            && id.chars().all(plain)
            && id.starts_with(|c: char| c.is_ascii_lowercase())
            && !id.ends_with('-')
    }

    #[test]
    fn words_become_ids() {
        assert_eq!(slug("NATO Expansion").as_deref(), Some("nato-expansion"));
        assert_eq!(
            slug("Ukraine’s Neutrality").as_deref(),
            Some("ukraines-neutrality")
        );
        assert_eq!(slug("2027 élections").as_deref(), Some("n2027-elections"));
        assert_eq!(slug("— … —"), None);
        assert_eq!(numbered("renewed-clashes", 2), "renewed-clashes-2");
    }

    proptest! {
        #[test]
        fn every_slug_is_an_id(text in "\\PC{0,200}", number in 2usize..2000) {
            if let Some(id) = slug(&text) {
                prop_assert!(valid(&id), "{id}");
                prop_assert!(valid(&numbered(&id, number)));
                prop_assert_eq!(slug(&id), Some(id));
            }
        }
    }
}
