//! What changed: between two sides, and of one resource through its history.

use super::{Client, Error, Repeat};
use crate::model::v1;

impl Client {
    /// What differs between two sides, a page of it.
    pub async fn diff(
        &self,
        request: v1::DiffAssessmentsRequest,
    ) -> Result<v1::DiffAssessmentsResponse, Error> {
        let answer = self.call(Repeat::Always, request, |request| {
            let mut service = self.assessments();
            async move { service.diff_assessments(request).await }
        });
        Ok(answer.await?.into_inner())
    }

    /// How one resource became what it is, newest change first, a page of it.
    pub async fn history(
        &self,
        request: v1::ListHistoryRequest,
    ) -> Result<v1::ListHistoryResponse, Error> {
        let answer = self.call(Repeat::Always, request, |request| {
            let mut service = self.assessments();
            async move { service.list_history(request).await }
        });
        Ok(answer.await?.into_inner())
    }
}
