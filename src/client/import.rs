//! A text sent in pieces, and what the server made of it.

use super::{Client, Error, Repeat};
use crate::model::v1::{
    ImportDocumentRequest, ImportDocumentResponse, ImportOptions, import_document_request::Part,
};

/// The most bytes of the text in one message.
const CHUNK_BYTES_MAX: usize = 1 << 20;

impl Client {
    /// Drafts an assessment from a text, and publishes it when the options say so. Sent again
    /// after UNAVAILABLE only on a dry run, or if the options carry a `request_id`.
    pub async fn import(
        &self,
        text: &[u8],
        options: ImportOptions,
    ) -> Result<ImportDocumentResponse, Error> {
        let repeat = if options.dry_run {
            Repeat::Always
        } else {
            Repeat::with(&options.request_id)
        };
        let answer = self.call(repeat, messages(text, options), |request| {
            let mut service = self.documents();
            let request = request.map(tokio_stream::iter);
            async move { service.import_document(request).await }
        });
        Ok(answer.await?.into_inner())
    }
}

fn messages(text: &[u8], options: ImportOptions) -> Vec<ImportDocumentRequest> {
    let chunks = text.chunks(CHUNK_BYTES_MAX);
    std::iter::once(Part::Options(options))
        .chain(chunks.map(|chunk| Part::Chunk(chunk.to_vec())))
        .map(|part| ImportDocumentRequest { part: Some(part) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_come_first_and_the_pieces_are_the_text() {
        let text = vec![7; CHUNK_BYTES_MAX * 2 + 5];
        let parts: Vec<Part> = messages(&text, ImportOptions::default())
            .into_iter()
            .filter_map(|message| message.part)
            .collect();
        assert!(matches!(parts.first(), Some(Part::Options(_))));
        let sizes: Vec<usize> = parts
            .iter()
            .filter_map(|part| match part {
                Part::Chunk(chunk) => Some(chunk.len()),
                Part::Options(_) => None,
            })
            .collect();
        assert_eq!(sizes, [CHUNK_BYTES_MAX, CHUNK_BYTES_MAX, 5]);
        assert_eq!(messages(b"", ImportOptions::default()).len(), 1);
    }
}
