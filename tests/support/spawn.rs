//! Spawns tasks.

use std::future::Future;
use std::pin::Pin;

use tokio::task::JoinHandle;

/// Like `tokio::spawn`. With boxed futures, the code of a task is compiled once for each type of output, and not for each
/// future. Without that, these tests take a sixteenth longer to compile.
pub(crate) fn spawn_boxed<T: Send + 'static>(
    future: impl Future<Output = T> + Send + 'static,
) -> JoinHandle<T> {
    let future: Pin<Box<dyn Future<Output = T> + Send>> = Box::pin(future);
    tokio::spawn(future)
}
