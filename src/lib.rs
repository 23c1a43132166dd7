//! **Chancery** holds structured geopolitical assessments and answers questions about them: which
//! red lines an actor holds, how firm, on whose word, which risks follow, which tools are
//! recommended, and what was believed at any earlier moment.
//!
//! Two ideas carry everything. **Every write is a `Change`** appended to one ordered journal.
//! **Every read is a `View`**: who asks, as of which revision. There is no third way in or out.
//!
//! ```text
//! gRPC ─► service ─► (query | import) ─► ledger ─┬► journal   the truth: append-only files
//!                                                └► store     rows in sled, indices in memory,
//!                                                             bodies in the segments: rebuildable
//! ```
//!
//! # The floors
//!
//! A module imports from the floors below it, never sideways (`client` and `ledger` use `wire`,
//! `ledger` uses `query`); a test keeps it so.
//!
//! | floor | rooms |
//! |---|---|
//! | 5 | `bin`: the command lines `chanceryd` and `chancery` |
//! | 4 | [`server`]: wiring; the one room that reads the clock |
//! | 3 | [`service`]: the gRPC doors, a file per service of the contract |
//! | 2 | [`ledger`]: everything durable · [`auth`]: who calls · [`client`]: the client library |
//! | 1 | [`wire`]: encodings · [`query`]: filters, pages · [`import`]: text to draft · [`edit`]: |
//! |   | checks, masks, links · [`analysis`]: values to findings; all pure |
//! | 0 | [`model`]: plain values · [`error`]: what can go wrong; pure |
//!
//! # Glossary
//!
//! *journal* ordered changes · *store* the state that follows from them · *log* telemetry ·
//! *revision* a position in the journal · *version* a state of one resource · *kind* a sort of
//! resource · *element* a resource inside an assessment · *marking* stands on data · *clearance*
//! belongs to a caller · *draft* what import proposes · *doubt* what import was not sure of.
//!
//! # Invariants
//!
//! 1. No read without a `View`, no `View` without a `Caller`, no `Caller` but from `auth`.
//! 2. A view's revision is fixed when it is opened; clearance is asked at every step. A page token
//!    holds (revision, item), is bound to request and caller, and grants nothing.
//! 3. `store::apply` reads the record and the store, nothing else.
//! 4. Delete the store, replay the journal: the same digest over every (name, revision, bytes).
//! 5. A commit is acknowledged only when the journal is durable, and is then visible to every read.
//! 6. A feed is a cursor in the journal, not a queue.
//! 7. Every bound stands in `model::limits`; exceeding one names it, what was given and allowed.
//! 8. Pure rooms (floors 0 and 1) never await, read no clock, do no I/O.
//! 9. A header and each element are versions of their own; edits of different ones do not conflict.
//! 10. A repeated request id is answered with what became of the first copy.
//!
//! # Journeys
//!
//! * **Get**: `service::list::get` → `ledger::View::get`: a look, a read, bytes copied undecoded.
//! * **List**: `service::list` → `query` → `ledger::View::list`: bitmaps, then one read an item.
//! * **Write**: `service` → `ledger::Ledger::commit`: decided, synced, applied, answered.
//! * **Watch**: `ledger::Ledger::watch`: commits in order, each once.
//! * **Import**: `service::import` → `import::draft` → one change: document, draft, publication.
//!
//! # To add an element kind
//!
//! A message and two methods in the proto, a repeated field in `Assessment`; a line in
//! `service::assessment`, one in `import::bind`, one in `client::kinds`, one in `bin`'s columns.
//! `ledger`, `query` and `server` do not change: they know kinds only through `model::kind`, which
//! reads the contract.

pub mod analysis;
pub mod auth;
pub mod client;
pub mod edit;
pub mod error;
pub mod import;
pub mod ledger;
pub mod model;
pub mod query;
pub mod server;
pub mod service;
pub mod wire;
