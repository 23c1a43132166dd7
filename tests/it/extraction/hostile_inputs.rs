//! Documents that nobody writes and somebody sends, for the tests and for the bench.

/// How import must take a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It is read; nothing need be said.
    Read,
    /// It is read, and a doubt says these words.
    Doubted(&'static str),
    /// It is refused with this reason.
    Refused(&'static str),
}

/// One document.
pub(crate) struct Hostile {
    pub(crate) name: &'static str,
    pub(crate) bytes: Vec<u8>,
    pub(crate) taken: Taken,
}

/// All of them.
pub(crate) fn hostile() -> Vec<Hostile> {
    let mut all = shapes();
    all.extend(repeated());
    all.extend(encodings());
    all
}

fn one(name: &'static str, text: String, taken: Taken) -> Hostile {
    let bytes = text.into_bytes();
    Hostile { name, bytes, taken }
}

/// Structure past every bound.
fn shapes() -> Vec<Hostile> {
    let many = "| A truce | 0.4 |\n".repeat(20_000);
    let rows = format!("# T\n\n| Scenario | P |\n|--|--|\n{many}");
    let fences = "```never\n".repeat(20_000);
    let headers = "Issue\nStance\nImplication\n\n".repeat(12_000);
    let labels = "**Risk**: a stall of the talks at sea\n".repeat(30_000);
    let headings = "# a\n".repeat(100_000);
    let scenarios = "## Scenario 1: A truce (40%)\n".repeat(20_000);
    let questions = "1. Will it hold by 1 May 2026? 40%\n".repeat(15_000);
    let columns = Taken::Doubted("more columns");
    vec![
        one(
            "350 KB of nested lists",
            nested(),
            Taken::Doubted("nested deeper"),
        ),
        one("a table of 10,000 columns", wide(10_000), columns),
        one(
            "a table of 20,000 rows",
            rows,
            Taken::Doubted("more than 2000 rows"),
        ),
        one(
            "fences that never close",
            fences,
            Taken::Doubted("never closes"),
        ),
        one("headers of tables and nothing else", headers, Taken::Read),
        one("30,000 labelled lines", labels, Taken::Read),
        one(
            "20,000 scenarios in headings",
            scenarios,
            Taken::Doubted("sections are listed"),
        ),
        one("15,000 questions", questions, Taken::Doubted("items")),
        one(
            "100,000 headings",
            headings,
            Taken::Doubted("sections are listed"),
        ),
    ]
}

/// 1 MB in one line.
fn repeated() -> Vec<Hostile> {
    let million = 1_000_000;
    let filled = |piece: &str| piece.repeat(million / piece.len());
    let item = format!(
        "# T\n\nKey risks:\n\n- {}\n",
        filled("a 40% probability of war; ")
    );
    let long = Taken::Doubted("longer than an element");
    let mut all = vec![one("an item of 1 MB", item, long)];
    all.extend(
        [
            ("1 MB without a blank", "a"),
            ("1 MB of words", "Moscow will not accept it, "),
            ("1 MB of pipes", "|"),
            ("1 MB of asterisks", "*"),
            ("1 MB of brackets", "[("),
            ("1 MB of colons", "a: "),
            ("1 MB of figures", "0.5 "),
            ("1 MB of enumerations", "Three risks: (a) x, y and z: (b) "),
            ("1 MB of dates", "by 3 May 2026 to "),
            ("1 MB of questions", "Will it? 5% was 6% "),
            ("1 MB of backticks", "`"),
        ]
        .map(|(name, piece)| one(name, filled(piece), Taken::Read)),
    );
    all
}

/// Bytes that are no text, or hardly.
fn encodings() -> Vec<Hostile> {
    let raw = |name, bytes: &[u8], taken| Hostile {
        name,
        bytes: bytes.to_vec(),
        taken,
    };
    let controls = b"# T\n\nKey risks:\n\n- A \x1b[31mclash\x00 at sea\n";
    let large = vec![b'a'; (4 << 20) + 1];
    vec![
        raw(
            "control characters",
            controls,
            Taken::Doubted("control characters"),
        ),
        raw("Latin-1", b"# R\xe9sum\xe9\n", Taken::Refused("NOT_UTF8")),
        raw(
            "UTF-16",
            b"\xff\xfe#\x00 \x00T\x00",
            Taken::Refused("NOT_UTF8"),
        ),
        raw(
            "more than 4 MiB",
            &large,
            Taken::Refused("DOCUMENT_TOO_LARGE"),
        ),
    ]
}

fn nested() -> String {
    let mut text = String::from("# T\n\nKey risks:\n\n");
    let mut depth = 0;
    while text.len() < 350_000 {
        text.push_str(&"  ".repeat(depth % 60));
        text.push_str(&format!("- A clash number {depth}\n"));
        depth += 1;
    }
    text
}

fn wide(columns: usize) -> String {
    let row = |first: &str, other: &str| format!("{first}{}\n", other.repeat(columns - 2));
    let mut text = String::from("# T\n\n");
    text.push_str(&row("| Red line | Kremlin stance |", " x |"));
    text.push_str(&row("|--|--|", "--|"));
    text.push_str(&row("| Reefs | Mandated |", " y |").repeat(3));
    text
}
