//! What a condition is about: the resources that it names, without what it asks of them.
//!
//! Where nothing satisfies a condition on red lines of some actor, this asks whether an element of
//! any kind speaks of that actor at all.

use super::check::links;
use super::{Expr, Through};
use crate::model::kind::Kind;

/// The condition that an element of kind `to` names what a condition on kind `from` names. What
/// it asks of the assessment stays: that says where to look.
pub fn mentioning(expr: &Expr, from: &Kind, to: &Kind) -> Expr {
    let of = |expr: &Expr| mentioning(expr, from, to);
    let any = |each: &dyn Fn(u16) -> Expr| Expr::Or(links(to).map(|(at, _)| each(at)).collect());
    let link = |field: &u16| links(from).any(|(at, _)| at == *field);
    match expr {
        Expr::And(parts) => parts.iter().map(of).fold(Expr::Every, Expr::and),
        Expr::Or(parts) => {
            let parts: Vec<Expr> = parts.iter().map(of).collect();
            // One part that names nothing is about everything.
            if parts.contains(&Expr::Every) {
                Expr::Every
            } else {
                Expr::Or(parts)
            }
        }
        Expr::Values(field, values) if link(field) => any(&|at| Expr::Values(at, values.clone())),
        Expr::Like(field, pattern) if link(field) => any(&|at| Expr::Like(at, pattern.clone())),
        Expr::Through(through) => Expr::Through(Through {
            links: links(to).map(|(at, _)| at).collect(),
            ..through.clone()
        }),
        Expr::Parent(_) => expr.clone(),
        Expr::Every
        | Expr::Not(_)
        | Expr::Values(..)
        | Expr::Like(..)
        | Expr::Stated(_)
        | Expr::Place(..)
        | Expr::Named(_)
        | Expr::Body(_) => Expr::Every,
    }
}
