//! A file that is open: the thread that writes, those that read, and the right to have it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Sender};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use keyward_ports::LedgerError;
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::migrations::Kind;
use crate::owner::Ownership;
use crate::readers::Readers;
use crate::trouble::{trouble, unreadable};
use crate::writer::{Order, Task, Work, Writer};
use crate::{Options, backup, connection, migrations, owner};

/// Connections that read side by side.
const READERS: usize = 2;

/// A file that is open. It is closed when this is dropped, or before.
pub(crate) struct Store<W: Work> {
    file: PathBuf,
    readers: Readers,
    backups: Readers,
    orders: Sender<Order<W>>,
    writer: Mutex<Option<Running>>,
}

/// The thread that writes, and the right to.
struct Running {
    thread: JoinHandle<Result<(), LedgerError>>,
    _ownership: Ownership,
}

impl<W: Work> Store<W> {
    /// Opens a file, makes it if it is not there, and brings it up to date.
    pub(crate) fn open(file: &Path, options: Options, kind: &Kind) -> Result<Self, LedgerError> {
        let ownership = Ownership::take(file)?;
        let mut connection = connection::writing(file, kind, &options)?;
        migrations::apply(&mut connection, kind)?;
        owner::sync_folder(file)?;

        let readers = Readers::start(&format!("keyward-{}-read", kind.of), READERS, file)?;
        let backups = Readers::start(&format!("keyward-{}-backup", kind.of), 1, file)?;
        let (orders, waiting) = mpsc::channel();
        let writer = Writer::new(connection, waiting, options.before_commit);
        let thread = thread::Builder::new()
            .name(format!("keyward-{}-write", kind.of))
            .spawn(|| writer.run())
            .map_err(|it| LedgerError::Storage(it.into()))?;
        let running = Running { thread, _ownership: ownership };
        Ok(Self { file: file.to_owned(), readers, backups, orders, writer: Mutex::new(Some(running)) })
    }

    /// Has something read. It sees what was committed before it was asked.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        self.readers.ask(read).await
    }

    /// Has something written. It is on the disk when this returns; if this is dropped before, it is done or not done, but never half.
    pub(crate) async fn write(&self, work: W) -> Result<W::Outcome, LedgerError> {
        let (reply, outcome) = oneshot::channel();
        self.orders.send(Order::Work(work, reply)).map_err(|_| LedgerError::Closed)?;
        outcome.await.map_err(|_| LedgerError::Closed)?
    }

    /// Has something done between two commits, by whoever writes.
    pub(crate) async fn alone<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, LedgerError> {
        let (reply, done) = oneshot::channel();
        let task: Task = Box::new(move |connection| {
            // Whoever asked may be gone; then nobody is told.
            let _ = reply.send(work(connection).map_err(trouble));
        });
        self.orders.send(Order::Alone(task)).map_err(|_| LedgerError::Closed)?;
        done.await.map_err(|_| LedgerError::Closed)?
    }

    /// Copies what was committed to one file, while others read and write.
    pub(crate) async fn backup(&self, to: &Path) -> Result<(), LedgerError> {
        let to = to.to_owned();
        self.backups.ask(move |connection| backup::copy(connection, &to)).await
    }

    /// Does what was asked before, takes nothing more, and leaves one file that needs no other. Blocks until that is done.
    pub(crate) fn close(&self) -> Result<(), LedgerError> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(running) = writer.take() else { return Ok(()) };
        // Readers go first: whoever closes last tidies the file up, and only the writer may write.
        self.readers.close();
        self.backups.close();
        // A writer that is gone needs no order to go.
        let _ = self.orders.send(Order::Close);
        running.thread.join().unwrap_or_else(|_| Err(unreadable("its writer broke off; start the server again", None)))
    }
}

impl<W: Work> Drop for Store<W> {
    fn drop(&mut self) {
        // What went wrong is found again at the next start; nobody is left to be told.
        let _ = self.close();
    }
}

impl<W: Work> fmt::Debug for Store<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("file", &self.file).finish_non_exhaustive()
    }
}
