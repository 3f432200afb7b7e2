//! Reading forms and files, bounded in size and time. A file's name is never read: it may be a path of somebody's disk.

use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use futures_util::stream;
use keyward_domain::seal::Envelope;
use keyward_wire::pictures::{self, MOST_PICTURE_BYTES};
use keyward_wire::xml::MOST_FILE_BYTES;
use keyward_wire::{Unreadable, qr, xml};
use keyward_words::Notice;
use zeroize::Zeroizing;

use super::Counter;

/// A form without a file has at most so many bytes; a signed refusal that is sent back is the largest thing in one.
const MOST_FORM_BYTES: usize = 96 * 1024;
/// An upload has at most so many bytes: a photograph.
const MOST_UPLOAD_BYTES: usize = 8 << 20;
const _: () = assert!(MOST_UPLOAD_BYTES <= MOST_PICTURE_BYTES);

/// A field of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    /// The mark that binds the form to its visitor.
    Form,
    /// A license key.
    Key,
    /// A signed refusal.
    Refusal,
}

impl Field {
    fn name(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Key => "key",
            Self::Refusal => "refusal",
        }
    }
}

/// The fields of a form, wiped when they are dropped.
pub(crate) struct Fields(Vec<(String, Zeroizing<String>)>);

impl Fields {
    /// What a field says; nothing if it is not there.
    pub(crate) fn get(&self, field: Field) -> &str {
        self.0.iter().find(|(name, _)| name == field.name()).map_or("", |(_, value)| value)
    }
}

/// Reads a form without a file.
pub(crate) async fn form(counter: &Counter, body: Body) -> Result<Fields, Notice> {
    let bytes = whole(counter, body, MOST_FORM_BYTES).await?;
    let pairs = form_urlencoded::parse(&bytes);
    Ok(Fields(pairs.map(|(name, value)| (name.into_owned(), Zeroizing::new(value.into_owned()))).collect()))
}

/// A form with a file.
#[derive(Debug, Default)]
pub(crate) struct Upload {
    /// The mark.
    pub(crate) form: String,
    /// The first file.
    file: Bytes,
    /// What was pasted instead.
    text: String,
}

/// Reads a form with a file. Of several files only the first counts.
pub(crate) async fn upload(counter: &Counter, headers: &HeaderMap, body: Body) -> Result<Upload, Notice> {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(kind).map_err(|_| Notice::FormIsOld)?;
    let bytes = whole(counter, body, MOST_UPLOAD_BYTES).await?;
    let mut parts = multer::Multipart::new(stream::iter([Ok::<_, std::convert::Infallible>(bytes)]), boundary);
    let mut upload = Upload::default();
    while let Some(part) = parts.next_field().await.map_err(|_| Notice::FormIsOld)? {
        let name = part.name().map(String::from);
        let bytes = part.bytes().await.map_err(|_| Notice::FormIsOld)?;
        match name.as_deref() {
            Some("form") => upload.form = String::from_utf8_lossy(&bytes).into_owned(),
            Some("text") => upload.text = String::from_utf8_lossy(&bytes).into_owned(),
            Some("file") if upload.file.is_empty() => upload.file = bytes,
            _ => {}
        }
    }
    Ok(upload)
}

/// Why a request could not be read from an upload.
pub(crate) enum NoRequest {
    /// The form.
    Notice(Notice),
    /// The file.
    Unreadable(Unreadable),
}

impl Upload {
    /// The request in it: an XML file, a picture of its code, or the code's text.
    pub(crate) async fn request(self, counter: &Arc<Counter>) -> Result<Envelope, NoRequest> {
        if pictures::is_picture(&self.file) {
            // One picture at a time; whoever else has one waits.
            let Ok(_turn) = counter.pictures.acquire().await else { return Err(NoRequest::Notice(Notice::OutOfOrder)) };
            let texts = tokio::task::spawn_blocking(move || pictures::read(&self.file)).await;
            let texts = texts.map_err(|_| NoRequest::Notice(Notice::OutOfOrder))?.map_err(NoRequest::Unreadable)?;
            return qr::read_request(&texts).map_err(NoRequest::Unreadable);
        }
        if self.file.is_empty() {
            let texts: Vec<_> = self.text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
            return match texts.is_empty() {
                true => Err(NoRequest::Notice(Notice::NoFileChosen)),
                false => qr::read_request(&texts).map_err(NoRequest::Unreadable),
            };
        }
        if self.file.len() > MOST_FILE_BYTES {
            return Err(NoRequest::Notice(Notice::FileTooLarge { most: MOST_FILE_BYTES as u64 }));
        }
        xml::read_request(&self.file).map_err(NoRequest::Unreadable)
    }
}

async fn whole(counter: &Counter, body: Body, most: usize) -> Result<Bytes, Notice> {
    match tokio::time::timeout(counter.site.timeouts.body, to_bytes(body, most)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        // It broke off, or is too large; for who sees the page it is the latter.
        Ok(Err(_)) => Err(Notice::FileTooLarge { most: most as u64 }),
        Err(_) => Err(Notice::FormIsOld),
    }
}
