//! `chancery health`: a probe for container engines. Exit 0 if the server serves, 1 for every
//! other case, because engines know no other codes.

use chancery::client::{Client, Options};
use clap::{Args, ValueEnum};
use serde_json::json;

use crate::contexts::Settings;
use crate::failure::{Exit, Failure};
use crate::output::Output;

/// The arguments of `health`.
#[derive(Debug, Args)]
pub(crate) struct Health {
    /// What to ask for
    #[arg(long, value_enum, default_value_t = Service::Readiness)]
    service: Service,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Service {
    /// Whether the process is alive
    Liveness,
    /// Whether it takes reads and writes
    Readiness,
}

impl Service {
    fn name(self) -> &'static str {
        match self {
            Self::Liveness => "liveness",
            Self::Readiness => "readiness",
        }
    }
}

impl Health {
    /// Asks once: whoever probes asks again.
    pub(crate) async fn perform(
        &self,
        settings: &Settings,
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        let options = Options {
            attempts_max: 1,
            ..settings.options()
        };
        let service = self.service.name();
        let status = match ask(&settings.endpoint, options, service).await {
            Ok(status) => status,
            Err(error) => return Err(Failure::Probe(error)),
        };
        if output.speaks_values() {
            output.value(&json!({ "service": service, "status": status }))?;
        } else {
            output.line(&format!("{service}  {status}"))?;
        }
        Ok(if status == "SERVING" {
            Exit::Done
        } else {
            Exit::No
        })
    }
}

async fn ask(
    endpoint: &str,
    options: Options,
    service: &str,
) -> Result<&'static str, chancery::client::Error> {
    Client::connect(endpoint, options)
        .await?
        .health(service)
        .await
}
