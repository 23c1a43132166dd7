//! Positions from a plain table: a header that names the columns, then a row for each actor and
//! issue, separated by commas, semicolons or tabs.
//!
//! ```text
//! actor,issue,ideal,salience,influence
//! netherlands,delay,4,80,0.08
//! ```
//!
//! An empty cell states nothing. Everything wrong is told with its line; no number is guessed.

use std::path::Path;

use chancery::model::v1::PositionOverride;

use crate::failure::Failure;
use crate::nouns::within;
use crate::yaml;

const MARKS: [char; 3] = [',', ';', '\t'];

/// Reads a table of positions from a file: those of the actors and on the issues named, which are
/// all of the table where none is.
pub(super) fn read(
    file: &Path,
    actors: &mut Vec<String>,
    issues: &mut Vec<String>,
) -> Result<Vec<PositionOverride>, Failure> {
    let wrong = |sentence| Failure::Here(format!("\"{}\": {sentence}", file.display()));
    let found = positions(&yaml::read(file)?).map_err(wrong)?;
    name(actors, found.iter().map(|one| &one.actor));
    name(issues, found.iter().map(|one| &one.issue));
    Ok(among(found, actors, issues))
}

/// What a table says of some actors and issues; an influence has no issue.
fn among(
    found: Vec<PositionOverride>,
    actors: &[String],
    issues: &[String],
) -> Vec<PositionOverride> {
    let of = found.into_iter().filter(|one| actors.contains(&one.actor));
    let each = of.map(|one| match issues.contains(&one.issue) {
        true => one,
        false => PositionOverride {
            actor: one.actor,
            influence: one.influence,
            ..PositionOverride::default()
        },
    });
    let stated = each.filter(|one| !one.issue.is_empty() || one.influence.is_some());
    stated.collect()
}

/// Names what occurs, in its order, where nothing is named.
fn name<'a>(names: &mut Vec<String>, occurring: impl Iterator<Item = &'a String>) {
    if !names.is_empty() {
        return;
    }
    for one in occurring.filter(|one| !one.is_empty()) {
        if !names.contains(one) {
            names.push(one.clone());
        }
    }
}

fn positions(text: &str) -> Result<Vec<PositionOverride>, String> {
    let mut lines = (1..).zip(text.lines());
    let mut lines = lines.by_ref().filter(|(_, line)| !line.trim().is_empty());
    let (_, header) = lines.next().ok_or("the table is empty")?;
    let columns = cells(header);
    if !columns.contains(&"actor") {
        return Err("line 1: no column is called \"actor\"".to_owned());
    }
    let mut found = Vec::new();
    for (line, text) in lines {
        let cells = cells(text);
        if cells.len() != columns.len() {
            let (given, expected) = (cells.len(), columns.len());
            return Err(format!("line {line}: {given} cells for {expected} columns"));
        }
        let mut position = PositionOverride::default();
        for (column, cell) in columns
            .iter()
            .zip(cells)
            .filter(|(_, cell)| !cell.is_empty())
        {
            put(&mut position, column, cell).map_err(|what| format!("line {line}: {what}"))?;
        }
        found.push(position);
    }
    Ok(found)
}

fn cells(line: &str) -> Vec<&str> {
    let cells = line.split(MARKS);
    cells.map(|cell| cell.trim().trim_matches('"')).collect()
}

/// Puts what is stated under a name, `ideal` or `actor`, into a position.
pub(super) fn put(position: &mut PositionOverride, name: &str, text: &str) -> Result<(), String> {
    let number = match name {
        "actor" => {
            position.actor = within("actors", text);
            return Ok(());
        }
        "issue" => {
            position.issue = within("issues", text);
            return Ok(());
        }
        "ideal" => &mut position.ideal,
        "min" => &mut position.min,
        "max" => &mut position.max,
        "salience" => &mut position.salience,
        "influence" => &mut position.influence,
        _ => {
            return Err(format!(
                "\"{name}\" is none of ideal, min, max, salience, influence"
            ));
        }
    };
    let read = text.parse::<f64>();
    *number = Some(read.map_err(|error| format!("\"{text}\": {error}"))?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_a_position_and_an_empty_cell_states_nothing() {
        let text = "actor;issue;ideal;salience;influence\n\nnetherlands;delay;4;;0.08\n";
        let expected = PositionOverride {
            actor: "actors/netherlands".to_owned(),
            issue: "issues/delay".to_owned(),
            ideal: Some(4.0),
            influence: Some(0.08),
            ..PositionOverride::default()
        };
        assert_eq!(positions(text), Ok(vec![expected]));
    }

    #[test]
    fn an_influence_counts_on_whichever_issue_it_stands() {
        let text = "actor,issue,ideal,influence\na,x,1,5\na,y,2,\nb,y,3,\n";
        let found = positions(text).unwrap();
        let (mut actors, mut issues) = (Vec::new(), Vec::new());
        name(&mut actors, found.iter().map(|one| &one.actor));
        name(&mut issues, found.iter().map(|one| &one.issue));
        assert_eq!(actors, ["actors/a", "actors/b"]);
        assert_eq!(issues, ["issues/x", "issues/y"]);
        let of_a = among(found, &actors[..1], &issues[1..]);
        let told: Vec<(&str, Option<f64>, Option<f64>)> = of_a
            .iter()
            .map(|one| (one.issue.as_str(), one.ideal, one.influence))
            .collect();
        assert_eq!(told, [("", None, Some(5.0)), ("issues/y", Some(2.0), None)]);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let told = |text: &str| positions(text).unwrap_err();
        assert_eq!(told(""), "the table is empty");
        assert_eq!(told("a,b\n"), "line 1: no column is called \"actor\"");
        let header = "actor,issue,ideal\n";
        let after = |line: &str| told(&format!("{header}{line}"));
        assert_eq!(after("x,y"), "line 2: 2 cells for 3 columns");
        assert_eq!(after("x,y,far"), "line 2: \"far\": invalid float literal");
        let strange = told("actor,weight\nx,1\n");
        assert!(strange.contains("\"weight\" is none of ideal"), "{strange}");
    }
}
