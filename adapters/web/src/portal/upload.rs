//! Reading forms and files, bounded in size and time. A file's name is never read: it may be a path of somebody's disk.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use futures_util::{StreamExt as _, stream};
use keyward_domain::seal::Envelope;
use keyward_wire::pictures::{self, MOST_PICTURE_BYTES};
use keyward_wire::xml::MOST_FILE_BYTES;
use keyward_wire::{Unreadable, qr, xml};
use keyward_words::Notice;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use zeroize::Zeroizing;

use super::Counter;
use super::trouble::NotTaken;

/// A form has at most so many bytes besides a file; a signed refusal that is sent back is the largest thing in one.
const MOST_FORM_BYTES: usize = 96 * 1024;
/// So many bytes of an upload are read with the turn that every upload has: a file, a screenshot, a photograph of 12 million pixels.
const MOST_USUAL_BYTES: usize = 8 << 20;
/// An upload has at most so many bytes: the largest picture that is read, and the form around it.
const MOST_UPLOAD_BYTES: usize = MOST_PICTURE_BYTES + MOST_FORM_BYTES;

/// So long somebody waits for their turn before they are asked to come back.
const PATIENCE: Duration = Duration::from_secs(5);

/// A field of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    /// The mark that binds the form to its visitor.
    Form,
    /// A license key.
    Key,
    /// A signed refusal.
    Refusal,
    /// What it answers.
    Asked,
}

impl Field {
    fn name(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Key => "key",
            Self::Refusal => "refusal",
            Self::Asked => "asked",
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
pub(crate) async fn form(counter: &Counter, body: Body) -> Result<Fields, NotTaken> {
    // Room for all of it, so that no copy is left behind where it grew.
    let bytes = Zeroizing::new(Vec::with_capacity(MOST_FORM_BYTES));
    let bytes = whole(counter, body, MOST_FORM_BYTES, bytes).await?;
    let pairs = form_urlencoded::parse(&bytes);
    Ok(Fields(pairs.map(|(name, value)| (name.into_owned(), Zeroizing::new(value.into_owned()))).collect()))
}

/// A form with a file.
#[derive(Debug)]
pub(crate) struct Upload {
    /// The mark.
    pub(crate) form: String,
    /// The first file.
    file: Bytes,
    /// What was pasted instead.
    text: String,
    /// Others wait for it to be done with.
    turns: Turns,
}

/// The turns of an upload: what every one has, and for a large one another, which only who has sent much waits for. So nobody holds it by
/// sending little, and large ones are in nobody's way but each other's.
#[derive(Debug)]
struct Turns {
    _usual: OwnedSemaphorePermit,
    _large: Option<OwnedSemaphorePermit>,
}

/// Reads a form with a file, when it is its turn. Of several files only the first counts.
pub(crate) async fn upload(counter: &Counter, headers: &HeaderMap, body: Body) -> Result<Upload, NotTaken> {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(kind).map_err(|_| NotTaken::broken())?;
    let usual = turn(&counter.uploads, PATIENCE).await?;
    let (bytes, large) = file(&counter.large, PATIENCE, counter.site.house.timeouts.body, body).await?;
    let turns = Turns { _usual: usual, _large: large };
    let bytes = Bytes::from(bytes);
    let mut parts = multer::Multipart::new(stream::iter([Ok::<_, std::convert::Infallible>(bytes)]), boundary);
    let mut upload = Upload { form: String::new(), file: Bytes::new(), text: String::new(), turns };
    while let Some(part) = parts.next_field().await.map_err(|_| NotTaken::broken())? {
        let name = part.name().map(String::from);
        let bytes = part.bytes().await.map_err(|_| NotTaken::broken())?;
        match name.as_deref() {
            Some("form" | "text") if bytes.len() > MOST_FORM_BYTES => return Err(too_large(MOST_FORM_BYTES)),
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
    NotTaken(NotTaken),
    /// The file.
    Unreadable(Unreadable),
}

impl Upload {
    /// The request in it: an XML file, a picture of its code, or the code's text.
    pub(crate) async fn request(self, counter: &Counter) -> Result<Envelope, NoRequest> {
        let Self { file, text, turns, .. } = self;
        if pictures::is_picture(&file) {
            let look = move || {
                let _turns = turns;
                pictures::read(&file)
            };
            let texts = in_turn(&counter.pictures, PATIENCE, look).await.map_err(NoRequest::NotTaken)?;
            return qr::read_request(&texts.map_err(NoRequest::Unreadable)?).map_err(NoRequest::Unreadable);
        }
        if file.is_empty() {
            let texts: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
            return match texts.is_empty() {
                true => Err(NoRequest::NotTaken(Notice::NoFileChosen.into())),
                false => qr::read_request(&texts).map_err(NoRequest::Unreadable),
            };
        }
        if file.len() > MOST_FILE_BYTES {
            return Err(NoRequest::NotTaken(too_large(MOST_FILE_BYTES)));
        }
        xml::read_request(&file).map_err(NoRequest::Unreadable)
    }
}

/// Works on a thread of its own when it is its turn. The turn lasts as long as the work does: nobody ends it by hanging up.
async fn in_turn<T: Send + 'static>(
    turns: &Arc<Semaphore>,
    patience: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, NotTaken> {
    let turn = turn(turns, patience).await?;
    let work = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        work()
    });
    work.await.map_err(|_| Notice::OutOfOrder.into())
}

async fn turn(turns: &Arc<Semaphore>, patience: Duration) -> Result<OwnedSemaphorePermit, NotTaken> {
    match tokio::time::timeout(patience, Arc::clone(turns).acquire_owned()).await {
        Ok(Ok(turn)) => Ok(turn),
        Ok(Err(_)) | Err(_) => Err(NotTaken::busy(PATIENCE)),
    }
}

/// Reads a body of so many bytes at most into a place for it.
async fn whole<B: AsMut<Vec<u8>>>(counter: &Counter, body: Body, most: usize, mut into: B) -> Result<B, NotTaken> {
    match filled(counter.site.house.timeouts.body, &mut body.into_data_stream(), most, into.as_mut()).await? {
        None => Ok(into),
        Some(_) => Err(too_large(most)),
    }
}

/// Reads a form with a file. What is large waits for its turn and has as much time again.
async fn file(
    larges: &Arc<Semaphore>,
    patience: Duration,
    timeout: Duration,
    body: Body,
) -> Result<(Vec<u8>, Option<OwnedSemaphorePermit>), NotTaken> {
    let (mut chunks, mut read) = (body.into_data_stream(), Vec::new());
    let Some(more) = filled(timeout, &mut chunks, MOST_USUAL_BYTES, &mut read).await? else { return Ok((read, None)) };
    let large = turn(larges, patience).await?;
    read.extend_from_slice(&more);
    match filled(timeout, &mut chunks, MOST_UPLOAD_BYTES, &mut read).await? {
        None if read.len() <= MOST_UPLOAD_BYTES => Ok((read, Some(large))),
        _ => Err(too_large(MOST_UPLOAD_BYTES)),
    }
}

/// Reads until so many bytes are there, in good time; gives what does not fit any more, if there is more.
async fn filled(timeout: Duration, chunks: &mut BodyDataStream, most: usize, read: &mut Vec<u8>) -> Result<Option<Bytes>, NotTaken> {
    let fill = async {
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|_| NotTaken::broken())?;
            if read.len() + chunk.len() > most {
                return Ok(Some(chunk));
            }
            read.extend_from_slice(&chunk);
        }
        Ok(None)
    };
    tokio::time::timeout(timeout, fill).await.unwrap_or_else(|_| Err(NotTaken::slow()))
}

fn too_large(most: usize) -> NotTaken {
    Notice::FileTooLarge { most: most as u64 }.into()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn what_is_large_needs_a_turn_of_its_own_and_what_is_not_waits_for_none() {
        let larges = Arc::new(Semaphore::new(1));
        let upload = async |bytes: usize| {
            let chunks = vec![vec![b' '; 1 << 16]; bytes >> 16];
            let body = Body::from_stream(stream::iter(chunks.into_iter().map(Ok::<_, std::convert::Infallible>)));
            file(&larges, Duration::ZERO, PATIENCE, body).await
        };
        let status = |it: NotTaken| it.on(|status, _| axum::response::IntoResponse::into_response(status)).status();
        let (read, held) = upload(MOST_USUAL_BYTES + (1 << 16)).await.expect("it is taken");
        assert_eq!((read.len(), held.is_some()), (MOST_USUAL_BYTES + (1 << 16), true));
        let busy = upload(MOST_USUAL_BYTES + (1 << 16)).await.expect_err("the first is not done with");
        assert_eq!(status(busy), 503);
        let (read, none) = upload(MOST_USUAL_BYTES).await.expect("it is taken");
        assert_eq!((read.len(), none.is_some()), (MOST_USUAL_BYTES, false));
        drop(held);
        assert!(upload(MOST_PICTURE_BYTES).await.is_ok(), "the next has its turn");
        assert_eq!(status(upload(MOST_PICTURE_BYTES + (1 << 20)).await.expect_err("nothing is so large")), 413);
        assert_eq!(larges.available_permits(), 1, "it is given back");
    }

    #[tokio::test]
    async fn who_hangs_up_keeps_the_turn_until_the_work_is_done() {
        let turns = Arc::new(Semaphore::new(1));
        let (started, has_started) = tokio::sync::oneshot::channel();
        let (finish, may_finish) = mpsc::channel::<()>();
        let work = move || {
            let _ = started.send(());
            let _ = may_finish.recv();
        };
        {
            tokio::select! {
                _ = in_turn(&turns, PATIENCE, work) => panic!("it ends only when it may"),
                it = has_started => it.expect("the work has begun"),
            }
        }
        let busy = in_turn(&turns, Duration::ZERO, || ()).await;
        finish.send(()).expect("the work goes on");
        let busy = busy.expect_err("the first is still at work").on(|status, _| axum::response::IntoResponse::into_response(status));
        assert!(busy.status() == 503 && busy.headers().contains_key("retry-after"), "{busy:?}");
        assert!(in_turn(&turns, PATIENCE, || ()).await.is_ok(), "the next has its turn when the work is done");
        let panicked = in_turn(&turns, PATIENCE, || panic!("a planted panic")).await.map(|()| "it ended");
        assert!(panicked.is_err());
    }
}
