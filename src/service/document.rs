//! `DocumentService`: texts as they were received, and their import.

use std::time::Duration;

use tonic::{Request, Streaming};

use super::import::{Upload, import};
use super::list::{asked, get, kind_of, list, listed};
use super::wired::{self, document_service_server::DocumentService};
use super::{Answer, Boxed, Door, status, unary};
use crate::error::Error;
use crate::model::caller::Caller;
use crate::model::limits::{Limits, exceeded};
use crate::model::name::Name;
use crate::model::v1::{self as plain, DocumentView};
use crate::wire::{Lazy, body};

/// The fields of a document that only its full view has: `text` and `original`.
pub(super) const CONTENT: [u32; 2] = [24, 25];

impl DocumentService for Door {
    fn import_document<'a, 'f>(
        &'a self,
        request: Request<Streaming<plain::ImportDocumentRequest>>,
    ) -> Boxed<'f, wired::ImportDocumentResponse>
    where
        'a: 'f,
        Self: 'f,
    {
        Box::pin(async move {
            let (metadata, extensions, stream) = request.into_parts();
            let limits = *self.ledger.limits();
            let upload = receive(stream, &limits).await;
            let upload = upload.map_err(|error| status::status(&error))?;
            let request = Request::from_parts(metadata, extensions, upload);
            self.call(request, import).await
        })
    }

    unary! {
        get_document(plain::GetDocumentRequest) -> Lazy<plain::Document> = get_document;
        list_documents(plain::ListDocumentsRequest) -> wired::ListDocumentsResponse =
            list_documents;
    }
}

async fn get_document(
    door: Door,
    caller: Caller,
    request: plain::GetDocumentRequest,
) -> Answer<Lazy<plain::Document>> {
    if request.view() != DocumentView::Full {
        let name = Name::parse_as(kind_of("Document")?, &request.name, "name")?;
        let view = door.view(caller, request.read.as_ref()).await?;
        let short = body::without(&view.get(&name)?, &CONTENT)?;
        return Ok((Lazy::from(short), view.revision()));
    }
    get(door, caller, "Document", (request.name, request.read)).await
}

async fn list_documents(
    door: Door,
    caller: Caller,
    request: plain::ListDocumentsRequest,
) -> Answer<wired::ListDocumentsResponse> {
    if request.view() == DocumentView::Full {
        let text = "a list answers documents without their text; get each for it";
        return Err(Error::invalid("view", "VIEW_UNSUPPORTED", text));
    }
    let mut page = list(&door, caller, "Document", asked!(request)).await?;
    for item in &mut page.items {
        *item = body::without(item, &CONTENT)?;
    }
    Ok(listed!(page, ListDocumentsResponse { documents }))
}

/// Receives an upload: the options, then the bytes, no more than a document may have.
async fn receive(
    mut stream: Streaming<plain::ImportDocumentRequest>,
    limits: &Limits,
) -> Result<Upload, Error> {
    use plain::import_document_request::Part;
    let mut upload: Option<Upload> = None;
    while let Some(message) = next(&mut stream, limits).await? {
        match (&mut upload, message.part) {
            (None, Some(Part::Options(options))) => {
                upload = Some(Upload {
                    options,
                    bytes: Vec::new(),
                });
            }
            (Some(upload), Some(Part::Chunk(chunk))) => {
                let size = upload.bytes.len() + chunk.len();
                if size > limits.document_bytes_max {
                    let allowed = limits.document_bytes_max;
                    return Err(exceeded("chunk", "DOCUMENT_TOO_LARGE", size, allowed));
                }
                upload.bytes.extend_from_slice(&chunk);
            }
            (_, _) => return Err(order()),
        }
    }
    upload.ok_or_else(order)
}

async fn next(
    stream: &mut Streaming<plain::ImportDocumentRequest>,
    limits: &Limits,
) -> Result<Option<plain::ImportDocumentRequest>, Error> {
    let idle = Duration::from_secs(limits.upload_idle_seconds);
    match tokio::time::timeout(idle, stream.message()).await {
        Ok(Ok(message)) => Ok(message),
        Ok(Err(status)) => Err(Error::invalid(
            "part",
            "UPLOAD_BROKEN",
            status.message().to_owned(),
        )),
        Err(_) => {
            let text = format!("nothing came for {} seconds", limits.upload_idle_seconds);
            Err(Error::invalid("part", "UPLOAD_IDLE", text))
        }
    }
}

fn order() -> Error {
    let text = "the first message must be the options, the others chunks";
    Error::invalid("part", "UPLOAD_ORDER", text)
}
