//! Text work of the transcripts: command lines, random values, differences. Pure.

/// The words of a command line; quotes of either kind keep blanks, and mean nothing inside the
/// other kind. There is no other shell syntax.
pub(super) fn words(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for letter in line.chars() {
        match quote {
            Some(end) if letter == end => quote = None,
            Some(_) => word.get_or_insert_default().push(letter),
            None if letter == '"' || letter == '\'' => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            None if letter == ' ' => words.extend(word.take()),
            None => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    if quote.is_some() {
        Err("a quote is not closed".to_owned())
    } else {
        Ok(words)
    }
}

/// The text with its random values named by what they are.
pub(super) fn settled(text: &str) -> String {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let mut settled = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(part) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|c| !part(c)).unwrap_or(from.len());
        let (value, after) = from.split_at(end);
        settled.push_str(before);
        settled.push_str(named(value));
        rest = after;
    }
    settled + rest
}

fn named(value: &str) -> &str {
    let hex = |text: &str| text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let groups: Vec<usize> = value.split('-').map(str::len).collect();
    if groups == [8, 4, 4, 4, 12] && value.split('-').all(hex) {
        "UID"
    } else if value.len() == 13 && value.strip_prefix('d').is_some_and(hex) {
        "DOC"
    } else if value.len() == 64 && hex(value) {
        "HASH"
    } else if value.len() > 64 && !value.contains(' ') {
        "TOKEN"
    } else {
        value
    }
}

/// The lines of both texts, those of one alone marked with `-` or `+`; long runs that agree are
/// cut to three lines on either side.
pub(super) fn difference(old: &str, new: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let lengths = common_lengths(&old, &new);
    let (mut i, mut j) = (0, 0);
    let mut marked = Vec::new();
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            marked.push((' ', old[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == new.len() || (i < old.len() && lengths[i + 1][j] >= lengths[i][j + 1]) {
            marked.push(('-', old[i]));
            i += 1;
        } else {
            marked.push(('+', new[j]));
            j += 1;
        }
    }
    let mut shown = String::new();
    for (at, (mark, line)) in marked.iter().enumerate() {
        let near = &marked[at.saturating_sub(3)..(at + 4).min(marked.len())];
        if near.iter().any(|(mark, _)| *mark != ' ') {
            shown.push_str(&format!("{mark} {line}\n"));
        }
    }
    shown
}

/// `[i][j]`: the length of the longest common subsequence of `old[i..]` and `new[j..]`.
fn common_lengths(old: &[&str], new: &[&str]) -> Vec<Vec<usize>> {
    let mut lengths = vec![vec![0; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            lengths[i][j] = if old[i] == new[j] {
                lengths[i + 1][j + 1] + 1
            } else {
                lengths[i + 1][j].max(lengths[i][j + 1])
            };
        }
    }
    lengths
}

#[test]
fn quotes_keep_blanks() {
    let line = "chancery list risks --filter 'a = \"b c\"' \"\"";
    let expected = ["chancery", "list", "risks", "--filter", "a = \"b c\"", ""];
    assert_eq!(words(line).unwrap(), expected);
    assert!(words("a 'b").is_err());
}

#[test]
fn random_values_are_named() {
    let text = "\"uid\": \"019a8c1e-52ba-7c30-8d5f-0a1b2c3d4e5f\", documents/d0a1b2c3d4e5f!";
    assert_eq!(settled(text), "\"uid\": \"UID\", documents/DOC!");
    assert_eq!(settled(&"ab".repeat(32)), "HASH");
    let kept = "assessments/strait-transit  d0a1b2c3d4e5 deadbeef-52ba";
    assert_eq!(settled(kept), kept);
}

#[test]
fn differences_are_marked() {
    let shown = difference("a\nb\nc\nd\ne\nf\n", "a\nb\nc\nd\nE\nf\n");
    assert_eq!(shown, "  b\n  c\n  d\n- e\n+ E\n  f\n");
    assert_eq!(difference("a\nb\n", "a\nb\n"), "");
}
