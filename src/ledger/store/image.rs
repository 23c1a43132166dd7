//! The sets of the index in one file beside sled, so that a start need not make them of every row.
//!
//! ```text
//! values   block block ...        a block: length u32, crc32c u32, that many bytes
//! block 0  the head: which rows the sets are made of; the others: the sets, one after another
//! ```
//! It is never the truth and never believed over the rows: a start takes it only when the rows that
//! it is made of are, by number and fingerprint, those that sled holds, puts the later ones to it,
//! and does without it on any doubt. It is written when the ledger closes and after a start that
//! had to do without, so that it costs no commit anything.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

use crc32c::crc32c;
use prost::encoding::{decode_varint, encode_varint};
use serde::{Deserialize, Serialize};

use super::chunks::Chunks;
use super::sets::Sets;
use crate::ledger::disk;
use crate::model::Revision;

const FILE: &str = "values";
const FRESH: &str = "values.new";
/// A block ends with the item that brings it to this.
const BLOCK_BYTES: usize = 1 << 20;

/// What the sets are made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    /// Format of rows, and of the table of kinds they follow.
    pub(super) format: String,
    /// They are made of the rows up to here.
    pub(super) revision: Revision,
    /// How many these are.
    pub(super) rows: u32,
    /// XOR of their fingerprints, in hexadecimal digits.
    pub(super) xor: String,
}

/// Writes the sets so that they are there whole or not at all.
pub(super) fn write(folder: &Path, head: &Head, sets: &Sets) -> io::Result<()> {
    let fresh = folder.join(FRESH);
    let written = || {
        disk::at("image.create")?;
        let mut out = Out {
            file: File::create(&fresh)?,
            at: 0,
            block: serde_json::to_vec(head)?,
        };
        out.end()?;
        sets.write(&mut out)?;
        out.end()?;
        disk::sync_all("image.sync", &out.file)?;
        disk::at("image.rename")?;
        fs::rename(&fresh, folder.join(FILE))?;
        disk::sync_dir("image.sync_dir", folder)
    };
    written().inspect_err(|_| {
        let _left = fs::remove_file(&fresh);
    })
}

/// Removes it, if there is one.
pub(super) fn remove(folder: &Path) -> io::Result<()> {
    for file in [FILE, FRESH] {
        match fs::remove_file(folder.join(file)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

/// Opens it and reads its head; `None` when there is none that can be read.
pub(super) fn open(folder: &Path) -> Option<(Head, In)> {
    let mut from = In {
        file: BufReader::new(File::open(folder.join(FILE)).ok()?),
        block: Vec::new(),
        at: 0,
    };
    from.next()?;
    let head = serde_json::from_slice(&from.block).ok()?;
    from.at = from.block.len();
    Some((head, from))
}

/// The file, written item by item.
pub(super) struct Out {
    file: File,
    at: u64,
    block: Vec<u8>,
}

impl Out {
    /// Adds numbers.
    pub(super) fn numbers<const N: usize>(&mut self, numbers: [u64; N]) -> io::Result<()> {
        for number in numbers {
            encode_varint(number, &mut self.block);
        }
        self.item()
    }

    /// Adds a text.
    pub(super) fn text(&mut self, text: &str) -> io::Result<()> {
        encode_varint(text.len() as u64, &mut self.block);
        self.block.extend_from_slice(text.as_bytes());
        self.item()
    }

    /// Adds a set of rows and what they have.
    pub(super) fn set(&mut self, having: u32, rows: &Chunks) -> io::Result<()> {
        encode_varint(u64::from(having), &mut self.block);
        rows.write(&mut self.block)?;
        self.item()
    }

    fn item(&mut self) -> io::Result<()> {
        if self.block.len() < BLOCK_BYTES {
            return Ok(());
        }
        self.end()
    }

    fn end(&mut self) -> io::Result<()> {
        let (length, sum) = (self.block.len() as u32, crc32c(&self.block));
        let mut head = Vec::with_capacity(8);
        head.write_all(&length.to_le_bytes())?;
        head.write_all(&sum.to_le_bytes())?;
        disk::write("image.write", &self.file, &head, self.at)?;
        self.at += head.len() as u64;
        disk::write("image.write", &self.file, &self.block, self.at)?;
        self.at += self.block.len() as u64;
        self.block.clear();
        Ok(())
    }
}

/// The file, read item by item; every answer is `None` when it is not what was written.
pub(super) struct In {
    file: BufReader<File>,
    block: Vec<u8>,
    /// How much of the block has been taken.
    at: usize,
}

impl In {
    /// As many numbers as were added together.
    pub(super) fn numbers<const N: usize>(&mut self) -> Option<[u64; N]> {
        self.item(|bytes| {
            let mut numbers = [0; N];
            for number in &mut numbers {
                *number = decode_varint(bytes).ok()?;
            }
            Some(numbers)
        })
    }

    /// Gives a text.
    pub(super) fn text<T>(&mut self, take: impl FnOnce(&str) -> T) -> Option<T> {
        self.item(|bytes| {
            let length = usize::try_from(decode_varint(bytes).ok()?).ok()?;
            let (text, rest) = bytes.split_at_checked(length)?;
            *bytes = rest;
            std::str::from_utf8(text).ok().map(take)
        })
    }

    /// A set of rows, and what they have.
    pub(super) fn set(&mut self) -> Option<(u32, Chunks)> {
        self.item(|bytes| {
            let having = u32::try_from(decode_varint(bytes).ok()?).ok()?;
            Some((having, Chunks::read(bytes)?))
        })
    }

    fn item<T>(&mut self, take: impl FnOnce(&mut &[u8]) -> Option<T>) -> Option<T> {
        if self.at == self.block.len() {
            self.next()?;
        }
        let mut bytes = self.block.get(self.at..)?;
        let taken = take(&mut bytes);
        self.at = self.block.len() - bytes.len();
        taken
    }

    fn next(&mut self) -> Option<()> {
        let mut head = [[0; 4]; 2];
        self.file.read_exact(head.as_flattened_mut()).ok()?;
        let [length, sum] = head.map(u32::from_le_bytes);
        self.block.clear();
        self.at = 0;
        let block = Read::by_ref(&mut self.file).take(u64::from(length));
        // A length that is wrong takes no more memory than there are bytes.
        let read = { block }.read_to_end(&mut self.block).ok()?;
        (read == length as usize && crc32c(&self.block) == sum).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::row::{Has, Held, Indexed};
    use super::*;
    use crate::model::kind::{self, Value};

    const ROWS: u32 = 70_000;

    fn sets() -> Sets {
        let mut sets = Sets::default();
        let indexed = |field, value| Indexed {
            field,
            value: Some(value),
        };
        for id in 0..ROWS {
            let fields = vec![
                indexed(0, Held::Text(format!("own-{id}"))),
                indexed(1, Held::Text(format!("one-of-{}", id % 7))),
                indexed(2, Held::Number((id % 3) as i32 - 1)),
            ];
            let stated = (id % 5 == 0).then_some(9).into_iter().collect();
            sets.note((1, id), &Has { fields, stated });
        }
        sets
    }

    fn read(folder: &Path) -> Option<Sets> {
        let (head, mut from) = open(folder)?;
        (head.rows == ROWS).then(|| Sets::read(&mut from))?
    }

    #[test]
    fn what_was_written_is_read_back_and_what_was_damaged_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let head = Head {
            format: "f".to_owned(),
            revision: 9,
            rows: ROWS,
            xor: "0".to_owned(),
        };
        let sets = sets();
        write(folder.path(), &head, &sets).unwrap();
        let again = read(folder.path()).unwrap();
        for kind in kind::kinds() {
            for field in (0..).take(kind.fields.len()) {
                let known = |sets: &Sets| -> Vec<(Value, Vec<u32>)> {
                    let known = sets.values(kind.ordinal, field).unwrap().iter();
                    let mut known: Vec<_> = known
                        .map(|(value, rows)| (value, rows.iter().collect()))
                        .collect();
                    known.sort();
                    known
                };
                assert_eq!(known(&again), known(&sets));
            }
        }
        let stated = |sets: &Sets| sets.stated(1, 9).unwrap().iter().collect::<Vec<u32>>();
        assert_eq!(stated(&again), stated(&sets));
        let file = folder.path().join(FILE);
        let bytes = fs::read(&file).unwrap();
        for at in (0..bytes.len()).step_by(bytes.len() / 200) {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            fs::write(&file, &damaged).unwrap();
            assert!(read(folder.path()).is_none(), "byte {at}");
            fs::write(&file, &bytes[..at]).unwrap();
            assert!(read(folder.path()).is_none(), "cut at {at}");
        }
        remove(folder.path()).unwrap();
        assert!(open(folder.path()).is_none());
    }
}
