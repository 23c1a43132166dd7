//! What an operator has a server do with what it holds. These calls take as long as there is data,
//! so they have no deadline, and none is sent twice.

use tonic::{Request, Streaming};

use super::{Client, Error};
use crate::model::v1;

impl Client {
    /// A backup, message by message; of everything, or of what came after a revision.
    pub async fn backup(&self, from_revision: i64) -> Result<Streaming<v1::BackupResponse>, Error> {
        let mut request = Request::new(v1::BackupRequest { from_revision });
        self.introduce(&mut request)?;
        let answer = self.admin().backup(request).await;
        Ok(answer.map_err(|status| self.told(&status))?.into_inner())
    }

    /// Compacts history; 0 up to the newest revision.
    pub async fn compact(&self, revision: i64) -> Result<v1::CompactResponse, Error> {
        let mut request = Request::new(v1::CompactRequest { revision });
        self.introduce(&mut request)?;
        let answer = self.admin().compact(request).await;
        Ok(answer.map_err(|status| self.told(&status))?.into_inner())
    }

    /// Erases a resource.
    pub async fn purge(&self, name: &str, reason: &str) -> Result<v1::PurgeResponse, Error> {
        let mut request = Request::new(v1::PurgeRequest {
            name: name.to_owned(),
            reason: reason.to_owned(),
        });
        self.introduce(&mut request)?;
        let answer = self.admin().purge(request).await;
        Ok(answer.map_err(|status| self.told(&status))?.into_inner())
    }

    /// What a stream of this client ended with.
    pub fn told(&self, status: &tonic::Status) -> Error {
        Error::answered(&self.endpoint, status)
    }
}
