//! Answers to the questions assessments exist for: values in, findings out.
//!
//! `bargaining`  where a collective decision would go: KTAB's one-turn election, mean and median
//! `zone`        what every party accepts, and which bound opens or closes it
//! `ranking`     tools against chosen targets       `matrix`  risks by likelihood and impact
//! `proposal`    a proposal against declared lines    `ladder` commitments, seen from a day
//! `lines`       one actor's lines together           `positions` actors by issues, with holes
//! `trace`       what rests on what                   `contradictions` what cannot both be right
//! `lint`        breaches of the craft                `likelihood` words of estimation and numbers
//! `picture`     findings as text and as SVG
//! `scale`       issues and their scales            `draws`   repeatable random numbers
//! `current`     which elements count at a time, and why the others do not
//!
//! A finding keeps every intermediate figure, and what was not stated together with how that was
//! treated; nothing here fills a gap with a number the caller did not give. Formulae carry their
//! sources. What is wrong with the input is an [`Error`](crate::error::Error) that names it all at
//! once. No room here reads a store, a clock or true randomness: samples come from a seed that the
//! finding repeats. `service` fetches the elements under a View, calls, and adds revisions,
//! citations and markings to the answer.

mod cycles;
mod draws;
mod span;

pub mod bargaining;
pub mod contradictions;
pub mod current;
pub mod ladder;
pub mod likelihood;
pub mod lines;
pub mod lint;
pub mod matrix;
pub mod picture;
pub mod positions;
pub mod proposal;
pub mod ranking;
pub mod scale;
pub mod trace;
pub mod zone;
