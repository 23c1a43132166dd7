//! A filter as AIP-160's grammar reads it, before anything is known of the fields.

/// A condition, or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    /// All of these: joined by `AND`, or side by side.
    And(Vec<Node>),
    /// Any of these.
    Or(Vec<Node>),
    /// Everything but this.
    Not(Box<Node>),
    /// One condition.
    Term(Term),
    /// What was not understood and has been told.
    Broken,
}

/// `left`, or `left sign right`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Term {
    pub(super) left: Operand,
    pub(super) right: Option<(Sign, Argument)>,
}

/// A comparator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Has,
}

impl Sign {
    pub(super) fn read(text: &str) -> Option<Self> {
        Some(match text {
            "=" => Self::Equal,
            "!=" => Self::NotEqual,
            "<" => Self::Less,
            "<=" => Self::LessOrEqual,
            ">" => Self::Greater,
            ">=" => Self::GreaterOrEqual,
            ":" => Self::Has,
            _ => return None,
        })
    }
}

/// What stands on one side of a comparator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Operand {
    /// A literal, or a field with what it is reached through.
    Member(Vec<Word>),
    /// A function and what it is given.
    Call {
        name: String,
        at: usize,
        given: Vec<Argument>,
    },
}

impl Operand {
    pub(super) fn at(&self) -> usize {
        match self {
            Self::Member(words) => words.first().map_or(0, |word| word.at),
            Self::Call { at, .. } => *at,
        }
    }
}

/// A bare or quoted word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) quoted: bool,
    pub(super) at: usize,
}

/// The right side of a comparator, or what a function is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Argument {
    /// A literal, a field or a call.
    Operand(Operand),
    /// Conditions in brackets: `field = (a OR b)`.
    Group(Box<Node>, usize),
}

impl Argument {
    pub(super) fn at(&self) -> usize {
        match self {
            Self::Operand(operand) => operand.at(),
            Self::Group(_, at) => *at,
        }
    }
}
