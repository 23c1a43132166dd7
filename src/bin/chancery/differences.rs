//! What a change changes, field by field, told before or after it is made.
//!
//! Both sides are canonical proto JSON without what only the server writes. Fields differ where
//! their messages do: a list that changed is told as a whole.

use serde_json::{Map, Value, json};

use crate::layout::Layout;
use crate::output::{Output, tame};

/// Values longer than this are cut in what people read.
const VALUE_LETTERS_MAX: usize = 72;

/// One field that differs.
#[derive(Debug, PartialEq)]
pub(crate) struct Field {
    /// `likelihood.low`
    pub(crate) path: String,
    pub(crate) before: Option<Value>,
    pub(crate) after: Option<Value>,
}

/// What becomes of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Created,
    Changed,
    Removed,
}

/// One resource that differs.
#[derive(Debug, PartialEq)]
pub(crate) struct Difference {
    pub(crate) name: String,
    pub(crate) fate: Fate,
    pub(crate) fields: Vec<Field>,
}

impl Difference {
    /// Between what is there and what is to be there; `None` when that is the same.
    pub(crate) fn between(
        name: &str,
        before: Option<&Value>,
        after: Option<&Value>,
    ) -> Option<Self> {
        let (fate, fields) = match (before, after) {
            (None, None) => return None,
            (None, Some(_)) => (Fate::Created, Vec::new()),
            (Some(_), None) => (Fate::Removed, Vec::new()),
            (Some(before), Some(after)) => (Fate::Changed, fields(before, after)),
        };
        let same = fate == Fate::Changed && fields.is_empty();
        (!same).then(|| Self {
            name: name.to_owned(),
            fate,
            fields,
        })
    }

    /// The fields of the resource itself that differ, each once: `likelihood`.
    pub(crate) fn tops(&self) -> Vec<&str> {
        let mut tops: Vec<&str> = Vec::new();
        for field in &self.fields {
            let top = field.path.split('.').next().unwrap_or_default();
            if !tops.contains(&top) {
                tops.push(top);
            }
        }
        tops
    }

    /// `~ assessments/talks/redLines/nato`, and a line for each field.
    pub(crate) fn lines(&self, layout: Layout) -> Vec<String> {
        let sign = match self.fate {
            Fate::Created => '+',
            Fate::Changed => '~',
            Fate::Removed => '-',
        };
        let cut = layout != Layout::Plain;
        let fields = self.fields.iter().map(|field| {
            let (before, after) = (
                told(field.before.as_ref(), cut),
                told(field.after.as_ref(), cut),
            );
            format!("    {}: {before} -> {after}", tame(&field.path))
        });
        std::iter::once(format!("{sign} {}", tame(&self.name)))
            .chain(fields)
            .collect()
    }

    pub(crate) fn json(&self) -> Value {
        let fate = match self.fate {
            Fate::Created => "CREATED",
            Fate::Changed => "CHANGED",
            Fate::Removed => "REMOVED",
        };
        let fields = self.fields.iter().map(|field| {
            let mut told = Map::new();
            told.insert("path".to_owned(), field.path.as_str().into());
            let sides = [("before", &field.before), ("after", &field.after)];
            for (side, value) in sides {
                if let Some(value) = value {
                    told.insert(side.to_owned(), value.clone());
                }
            }
            Value::Object(told)
        });
        json!({ "name": self.name, "fate": fate, "fields": fields.collect::<Vec<_>>() })
    }
}

/// Prints differences for people.
pub(crate) fn print(differences: &[Difference], output: &mut Output) -> std::io::Result<()> {
    let layout = output.layout();
    let mut lines = differences.iter().flat_map(|one| one.lines(layout));
    lines.try_for_each(|line| output.line(&line))
}

/// The fields that differ, in the order of what is there, then of what is new.
pub(crate) fn fields(before: &Value, after: &Value) -> Vec<Field> {
    let mut found = Vec::new();
    compare("", before, after, &mut found);
    found
}

fn compare(path: &str, before: &Value, after: &Value, found: &mut Vec<Field>) {
    let (Some(old), Some(new)) = (before.as_object(), after.as_object()) else {
        return;
    };
    let fresh = new.keys().filter(|key| !old.contains_key(*key));
    for key in old.keys().chain(fresh) {
        let path = match path {
            "" => key.clone(),
            path => format!("{path}.{key}"),
        };
        match (old.get(key), new.get(key)) {
            (Some(old), Some(new)) if old == new => {}
            (Some(old @ Value::Object(_)), Some(new @ Value::Object(_))) => {
                compare(&path, old, new, found);
            }
            (before, after) => found.push(Field {
                path,
                before: before.cloned(),
                after: after.cloned(),
            }),
        }
    }
}

fn told(value: Option<&Value>, cut: bool) -> String {
    let Some(value) = value else {
        return "not stated".to_owned();
    };
    let text = tame(&value.to_string());
    if !cut || text.chars().count() <= VALUE_LETTERS_MAX {
        return text;
    }
    let head: String = text.chars().take(VALUE_LETTERS_MAX).collect();
    format!("{head}...")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_told_where_they_differ() {
        let before = json!({"title": "A", "likelihood": {"low": 0.1, "high": 0.4}, "tags": ["x"]});
        let after = json!({"title": "A", "likelihood": {"low": 0.2, "high": 0.4}, "stance": "no"});
        let found = Difference::between("a/b", Some(&before), Some(&after)).unwrap();
        assert_eq!(
            found.lines(Layout::Plain),
            [
                "~ a/b",
                "    likelihood.low: 0.1 -> 0.2",
                "    tags: [\"x\"] -> not stated",
                "    stance: not stated -> \"no\"",
            ]
        );
        assert_eq!(found.tops(), ["likelihood", "tags", "stance"]);
        assert_eq!(Difference::between("a/b", Some(&after), Some(&after)), None);
    }
}
