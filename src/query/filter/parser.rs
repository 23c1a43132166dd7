//! AIP-160's grammar, by recursive descent.
//!
//! ```text
//! expression  sequence {AND sequence}        AND binds least
//! sequence    factor {factor}                side by side is AND too, and binds tighter
//! factor      term {OR term}                 OR binds most
//! term        [NOT | -] simple
//! simple      ( expression ) | comparable [comparator argument]
//! ```
//! What is not understood is told, and reading goes on after the next `AND`, so that one answer
//! tells all that is wrong. Depth and terms are bounded before anything recurses.

use super::lexer::{Sort, Token, tokens};
use super::tree::{Argument, Node, Operand, Sign, Term, Word};
use super::{Problem, broken, violation};
use crate::model::limits::Limits;

/// Reads a filter; what is wrong with it goes to `problems`. `None` asks for nothing.
pub(super) fn parse(text: &str, limits: &Limits, problems: &mut Vec<Problem>) -> Option<Node> {
    let (tokens, open) = tokens(text);
    if let Some(at) = open {
        problems.push(broken(at, "a quoted literal is not closed"));
    }
    if tokens.is_empty() {
        return None;
    }
    let mut parser = Parser {
        tokens,
        next: 0,
        end: text.len(),
        depth: 0,
        terms: 0,
        limits,
        problems,
        cut: open.is_some(),
    };
    let node = parser.expression();
    while let Some(token) = parser.peek() {
        let (at, text) = (token.at, token.text.clone());
        parser.tell(at, &format!("\"{text}\" is not expected here"));
        parser.next += 1;
        parser.recover();
        if parser.eat_keyword("AND") {
            parser.expression();
        }
    }
    Some(node)
}

struct Parser<'a> {
    tokens: Vec<Token>,
    next: usize,
    /// The byte after the filter.
    end: usize,
    depth: usize,
    terms: usize,
    limits: &'a Limits,
    problems: &'a mut Vec<Problem>,
    /// The filter ends within a literal: that it ends too early is no second problem.
    cut: bool,
}

/// What was not understood has been told.
struct Told;

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next)
    }

    fn sign(&self, text: &str) -> bool {
        self.peek().is_some_and(|token| token.sign(text))
    }

    fn at(&self) -> usize {
        self.peek().map_or(self.end, |token| token.at)
    }

    /// Whether the next token is a keyword: a bare word that stands free on both sides.
    fn keyword(&self, text: &str) -> bool {
        let word = |token: &Token| {
            // NOT may touch what is before it, as in "(NOT a)".
            let free = token.spaced || text == "NOT";
            token.sort == Sort::Word && token.text == text && free
        };
        let after = self.tokens.get(self.next + 1);
        self.peek().is_some_and(word) && after.is_some_and(|after| after.spaced)
    }

    fn eat_keyword(&mut self, text: &str) -> bool {
        let found = self.keyword(text);
        self.next += usize::from(found);
        found
    }

    fn tell(&mut self, at: usize, text: &str) -> Told {
        if !(self.cut && at >= self.end) {
            self.problems.push(broken(at, text));
        }
        Told
    }

    /// Skips to the next `AND` or closing bracket of this level.
    fn recover(&mut self) {
        let mut open = 0usize;
        while let Some(token) = self.peek() {
            if token.sign("(") {
                open += 1;
            } else if token.sign(")") {
                match open.checked_sub(1) {
                    Some(less) => open = less,
                    None => return,
                }
            } else if open == 0 && self.keyword("AND") {
                return;
            }
            self.next += 1;
        }
    }

    fn expression(&mut self) -> Node {
        let mut parts = vec![self.sequence()];
        while self.eat_keyword("AND") {
            parts.push(self.sequence());
        }
        joined(parts, Node::And)
    }

    /// Factors side by side; what is not understood ends the sequence.
    fn sequence(&mut self) -> Node {
        let mut parts = Vec::new();
        loop {
            match self.factor() {
                Ok(part) => parts.push(part),
                Err(Told) => {
                    self.recover();
                    parts.push(Node::Broken);
                    break;
                }
            }
            let goes_on = self
                .peek()
                .is_some_and(|next| next.spaced && !next.sign(")"));
            if !goes_on || self.keyword("AND") {
                break;
            }
        }
        joined(parts, Node::And)
    }

    fn factor(&mut self) -> Result<Node, Told> {
        let mut parts = vec![self.term()?];
        while self.eat_keyword("OR") {
            parts.push(self.term()?);
        }
        Ok(joined(parts, Node::Or))
    }

    fn term(&mut self) -> Result<Node, Told> {
        if self.eat_keyword("NOT") {
            return Ok(Node::Not(Box::new(self.simple()?)));
        }
        let Some(token) = self.tokens.get_mut(self.next) else {
            return self.simple();
        };
        let minus = token.sort == Sort::Word && token.text.starts_with('-');
        if !minus {
            return self.simple();
        }
        // The minus is taken off the word it stands before, or is a word of its own.
        token.text.remove(0);
        token.at += 1;
        if token.text.is_empty() {
            self.next += 1;
            if self.peek().is_none_or(|next| next.spaced) {
                let at = self.at();
                return Err(self.tell(at, "expected a condition right after \"-\""));
            }
        }
        Ok(Node::Not(Box::new(self.simple()?)))
    }

    fn simple(&mut self) -> Result<Node, Told> {
        if self.sign("(") {
            return self.group();
        }
        self.terms += 1;
        let (given, allowed) = (self.terms, self.limits.filter_terms_max);
        if given > allowed {
            if given == allowed + 1 {
                let text = format!("more than {allowed} terms, {allowed} allowed");
                let at = self.at();
                self.problems.push(violation(at, "FILTER_TOO_LONG", &text));
            }
            self.next = self.tokens.len();
            return Err(Told);
        }
        let left = self.comparable()?;
        let sign = self.peek().filter(|token| token.sort == Sort::Sign);
        let Some(sign) = sign.and_then(|token| Sign::read(&token.text)) else {
            return Ok(Node::Term(Term { left, right: None }));
        };
        self.next += 1;
        let right = self.argument()?;
        let right = Some((sign, right));
        Ok(Node::Term(Term { left, right }))
    }

    fn enter(&mut self) -> Result<(), Told> {
        let allowed = self.limits.filter_depth_max;
        if self.depth == allowed {
            let at = self.at();
            let text = format!("nested deeper than {allowed}");
            self.problems.push(violation(at, "FILTER_TOO_DEEP", &text));
            self.next = self.tokens.len();
            // What is open is not closed any more, which is no problem of its own.
            self.cut = true;
            return Err(Told);
        }
        self.depth += 1;
        self.next += 1;
        Ok(())
    }

    fn group(&mut self) -> Result<Node, Told> {
        self.enter()?;
        let node = self.expression();
        self.depth -= 1;
        self.close()?;
        Ok(node)
    }

    fn close(&mut self) -> Result<(), Told> {
        if self.sign(")") {
            self.next += 1;
            return Ok(());
        }
        let at = self.at();
        Err(self.tell(at, "expected \")\""))
    }

    fn argument(&mut self) -> Result<Argument, Told> {
        let at = self.at();
        if self.sign("(") {
            return Ok(Argument::Group(Box::new(self.group()?), at));
        }
        self.comparable().map(Argument::Operand)
    }

    fn comparable(&mut self) -> Result<Operand, Told> {
        let at = self.at();
        let mut words = vec![self.word()?];
        while self
            .peek()
            .is_some_and(|token| token.sign(".") && !token.spaced)
        {
            self.next += 1;
            if self.peek().is_some_and(|token| token.spaced) {
                let at = self.at();
                return Err(self.tell(at, "expected a field right after \".\""));
            }
            words.push(self.word()?);
        }
        if self
            .peek()
            .is_some_and(|token| token.sign("(") && !token.spaced)
        {
            return self.call(at, words);
        }
        if let [only] = words.as_slice()
            && !only.quoted
            && ["AND", "OR", "NOT"].contains(&only.text.as_str())
        {
            let text = format!("\"{}\" is not expected here", only.text);
            return Err(self.tell(at, &text));
        }
        Ok(Operand::Member(number(words)))
    }

    fn call(&mut self, at: usize, words: Vec<Word>) -> Result<Operand, Told> {
        if words.iter().any(|word| word.quoted) {
            return Err(self.tell(at, "a function's name is not quoted"));
        }
        let names: Vec<String> = words.into_iter().map(|word| word.text).collect();
        self.enter()?;
        let mut given = Vec::new();
        if !self.sign(")") {
            loop {
                given.push(self.argument()?);
                if !self.sign(",") {
                    break;
                }
                self.next += 1;
            }
        }
        self.depth -= 1;
        self.close()?;
        let name = names.join(".");
        Ok(Operand::Call { name, at, given })
    }

    fn word(&mut self) -> Result<Word, Told> {
        let Some(token) = self.peek().filter(|token| token.sort != Sort::Sign) else {
            let at = self.at();
            let text = match self.peek() {
                Some(token) => format!("expected a field or a value, not \"{}\"", token.text),
                None => "the filter ends where a field or a value is expected".to_owned(),
            };
            return Err(self.tell(at, &text));
        };
        let word = Word {
            text: token.text.clone(),
            quoted: token.sort == Sort::Quoted,
            at: token.at,
        };
        let (end, at) = (token.end, token.at);
        self.next += 1;
        // Two words that touch, as in "a"b, are neither one nor two.
        let touched = self
            .peek()
            .is_some_and(|next| next.sort != Sort::Sign && !next.spaced && next.at == end);
        if touched {
            return Err(self.tell(at, "expected white space after this"));
        }
        Ok(word)
    }
}

/// Puts `2` `.` `5` together again, which the grammar takes for a field of a field.
fn number(mut words: Vec<Word>) -> Vec<Word> {
    let decimal = match words.as_slice() {
        [whole, part, ..] if !whole.quoted && !part.quoted => {
            let digits = whole.text.strip_prefix('-').unwrap_or(&whole.text);
            !digits.is_empty()
                && digits.bytes().all(|byte| byte.is_ascii_digit())
                && part
                    .text
                    .starts_with(|letter: char| letter.is_ascii_digit())
        }
        _ => false,
    };
    if decimal {
        let part = words.remove(1).text;
        if let Some(whole) = words.first_mut() {
            whole.text = format!("{}.{part}", whole.text);
        }
    }
    words
}

fn joined(mut parts: Vec<Node>, join: fn(Vec<Node>) -> Node) -> Node {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            join(parts)
        }
        None => Node::Broken,
    }
}
