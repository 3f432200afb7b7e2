//! Letters as files in a folder.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use keyward_ports::{Letter, Mailer, MailerError};
use lettre::Message;
use lettre::message::Mailbox;
use lettre::message::header::ContentType;

/// Puts letters into a folder, which is made when it is not there. A file has its name only when the letter in it is whole and on the disk.
#[derive(Debug, Clone)]
pub struct FolderMailer {
    folder: PathBuf,
    sender: Mailbox,
}

/// Nobody can send letters under this name. Fits after "could not start: ".
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is no e-mail address to send from; write NAME@HOST, or Name <NAME@HOST>")]
pub struct BadSender(String);

impl FolderMailer {
    /// Letters from this sender go into this folder.
    pub fn new(folder: impl Into<PathBuf>, sender: &str) -> Result<Self, BadSender> {
        Ok(Self { folder: folder.into(), sender: sender.parse().map_err(|_| BadSender(sender.into()))? })
    }

    fn failed(folder: &Path, cause: impl std::error::Error + Send + Sync + 'static) -> MailerError {
        MailerError::Storage { place: folder.display().to_string().into(), cause: Box::new(cause) }
    }
}

#[async_trait]
impl Mailer for FolderMailer {
    async fn send(&self, letter: &Letter) -> Result<(), MailerError> {
        let to: Mailbox = letter.to.as_str().parse().map_err(|cause| Self::failed(&self.folder, cause))?;
        let message = Message::builder()
            .from(self.sender.clone())
            .to(to)
            .message_id(None)
            .subject(one_line(&letter.subject))
            .header(ContentType::TEXT_PLAIN)
            .body(String::from(&*letter.text))
            .map_err(|cause| Self::failed(&self.folder, cause))?;
        let (folder, bytes) = (self.folder.clone(), message.formatted());
        let kept = tokio::task::spawn_blocking(move || keep(&folder, &bytes)).await;
        kept.map_err(io::Error::other).flatten().map_err(|cause| Self::failed(&self.folder, cause))
    }
}

fn one_line(text: &str) -> String {
    text.chars().map(|it| if it.is_control() { ' ' } else { it }).collect()
}

/// Writes a file under a name of its own; it is there whole or not at all.
fn keep(folder: &Path, bytes: &[u8]) -> io::Result<()> {
    make(folder)?;
    let mut file = tempfile::Builder::new().prefix(".letter-").suffix(".new").tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    // The random part of the temporary name is free under the other prefix, too.
    let name =
        file.path().file_name().and_then(|it| it.to_str()).unwrap_or_default().replace(".letter-", "letter-").replace(".new", ".eml");
    file.persist_noclobber(folder.join(name)).map_err(|refused| refused.error)?;
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Makes the folder so that only its owner can enter it. One that is there stays as it is.
fn make(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter() -> Letter {
        Letter { to: "ada@example.com".parse().expect("an address"), subject: "A slot".into(), text: "Hello.\n".into() }
    }

    #[tokio::test]
    async fn a_letter_is_from_its_sender_and_only_its_owner_can_read_it() {
        let dir = tempfile::tempdir().expect("a folder");
        let folder = dir.path().join("a/mail");
        let mailer = FolderMailer::new(&folder, "Example <licenses@example.com>").expect("a sender");
        mailer.send(&letter()).await.expect("it is handed over");
        let file = fs::read_dir(&folder).expect("the folder is made").next().expect("a file").expect("an entry").path();
        assert_eq!(file.extension().and_then(|it| it.to_str()), Some("eml"));
        let bytes = fs::read(&file).expect("a letter");
        let read = mail_parser::MessageParser::default().parse(&bytes).expect("a message");
        let sender = read.from().and_then(|from| from.first()).and_then(|from| from.address());
        assert_eq!(sender, Some("licenses@example.com"));
        assert!(read.date().is_some() && read.message_id().is_some());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
            assert_eq!((mode(&file), mode(&folder)), (0o600, 0o700));
        }
    }

    #[test]
    fn what_is_no_address_sends_nothing() {
        let error = FolderMailer::new("mail", "nobody").expect_err("is no address");
        assert!(error.to_string().contains("\"nobody\"") && error.to_string().contains("NAME@HOST"));
    }
}
