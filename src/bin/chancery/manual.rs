//! `chancery completions SHELL` and `chancery man`: made from the same description of the command
//! line as its help.

use std::path::PathBuf;

use clap::{Args, Command};
use clap_complete::Shell;

use crate::failure::{Exit, Failure};
use crate::output::Output;

/// The arguments of `completions`.
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// For which shell
    #[arg(value_enum)]
    shell: Shell,
}

/// The arguments of `man`.
#[derive(Debug, Args)]
pub(crate) struct Man {
    /// Write the page of every command into this folder, instead of one to stdout
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

impl Completions {
    pub(crate) fn perform(
        &self,
        mut command: Command,
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, "chancery", &mut script);
        output.line(String::from_utf8_lossy(&script).trim_end())?;
        Ok(Exit::Done)
    }
}

impl Man {
    pub(crate) fn perform(&self, command: Command, output: &mut Output) -> Result<Exit, Failure> {
        if let Some(folder) = &self.dir {
            std::fs::create_dir_all(folder)?;
            clap_mangen::generate_to(command, folder)?;
            return Ok(Exit::Done);
        }
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page)?;
        output.line(String::from_utf8_lossy(&page).trim_end())?;
        Ok(Exit::Done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn every_command_has_a_page_and_a_completion() {
        let mut command = crate::Cli::command();
        let mut script = Vec::new();
        clap_complete::generate(Shell::Bash, &mut command, "chancery", &mut script);
        let script = String::from_utf8(script).unwrap();
        let folder = tempfile::tempdir().unwrap();
        clap_mangen::generate_to(crate::Cli::command(), folder.path()).unwrap();
        for verb in crate::Cli::command().get_subcommands() {
            let verb = verb.get_name();
            assert!(script.contains(&format!("chancery,{verb})")), "{verb}");
            let page = folder.path().join(format!("chancery-{verb}.1"));
            assert!(page.exists(), "{}", page.display());
        }
    }
}
