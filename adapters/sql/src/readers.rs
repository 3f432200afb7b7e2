//! Threads that read, each with a connection of its own.

use std::path::Path;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use keyward_ports::LedgerError;
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::connection;

type Task = Box<dyn FnOnce(&Connection) + Send>;

enum Order {
    Read(Task),
    /// Ends the thread that takes it.
    Close,
}

/// Threads that read for whoever asks.
pub(crate) struct Readers {
    orders: Sender<Order>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Readers {
    /// Starts so many threads on a file.
    pub(crate) fn start(name: &str, count: usize, file: &Path) -> Result<Self, LedgerError> {
        let (orders, waiting) = mpsc::channel();
        let waiting = Arc::new(Mutex::new(waiting));
        let readers = Self { orders, threads: Mutex::default() };
        for _ in 0..count {
            let (connection, waiting) = (connection::reading(file)?, Arc::clone(&waiting));
            let thread = thread::Builder::new().name(name.into()).spawn(move || run(&connection, &waiting));
            readers.threads().push(thread.map_err(|cause| LedgerError::Storage(cause.into()))?);
        }
        Ok(readers)
    }

    /// Has something read. It sees what was committed before it was asked.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        let (reply, answer) = oneshot::channel();
        let task = move |connection: &Connection| {
            // Whoever asked may be gone; then nobody is told.
            let _ = reply.send(read(connection));
        };
        self.orders.send(Order::Read(Box::new(task))).map_err(|_| LedgerError::Closed)?;
        answer.await.map_err(|_| LedgerError::Closed)?
    }

    /// Reads what was asked for before, then ends.
    pub(crate) fn close(&self) {
        let threads = std::mem::take(&mut *self.threads());
        for _ in &threads {
            // Threads that are gone need no order to go.
            let _ = self.orders.send(Order::Close);
        }
        for thread in threads {
            // One that broke off has told whoever asked by dropping the reply.
            let _ = thread.join();
        }
    }

    fn threads(&self) -> std::sync::MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Threads that were started are not left behind when the file does not open after all.
impl Drop for Readers {
    fn drop(&mut self) {
        self.close();
    }
}

fn run(connection: &Connection, waiting: &Mutex<Receiver<Order>>) {
    loop {
        let order = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match order {
            Ok(Order::Read(task)) => task(connection),
            Ok(Order::Close) | Err(_) => return,
        }
    }
}
