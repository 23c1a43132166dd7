//! Flags that several commands have, with the same meaning in each.

use clap::Args;

/// Which ones, in the words of the server.
#[derive(Debug, Clone, Args)]
pub(crate) struct Filter {
    /// Only those that fit, e.g. 'posture = PROHIBITS AND actor = "actors/russia"'
    #[arg(
        long,
        value_name = "FILTER",
        default_value = "",
        hide_default_value = true
    )]
    pub(crate) filter: String,
}

/// How much is told.
#[derive(Debug, Clone, Args)]
pub(crate) struct Pages {
    /// Tell how many there are on all pages
    #[arg(long)]
    pub(crate) total: bool,
    /// How many at a time; 0 leaves it to the server
    #[arg(
        long,
        value_name = "N",
        default_value_t = 0,
        hide_default_value = true,
        allow_negative_numbers = true
    )]
    pub(crate) page_size: i32,
    /// All pages, one snapshot, instead of the first
    #[arg(long)]
    pub(crate) all: bool,
}
