//! Letters by e-mail. [`FolderMailer`] puts each as a file (`.eml`, RFC 5322) into a folder, from where a person or a mail system takes it;
//! sending by SMTP comes beside it.
//!
//! A letter may hold a link that does something: the files can be read by their owner alone.

mod folder;

pub use folder::{BadSender, FolderMailer};
