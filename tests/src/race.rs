//! Many calls at the same moment.

use std::sync::Arc;

use tokio::sync::Barrier;
use tokio::task::JoinSet;

/// Runs `count` futures, none of which begins before all are ready to. The results are in the order of their making.
///
/// # Panics
/// When one of them panics.
pub async fn race<F, T>(count: usize, mut make: impl FnMut(usize) -> F) -> Vec<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let barrier = Arc::new(Barrier::new(count));
    let mut racing = JoinSet::new();
    for index in 0..count {
        let (future, barrier) = (make(index), Arc::clone(&barrier));
        racing.spawn(async move {
            barrier.wait().await;
            (index, future.await)
        });
    }
    let mut done = racing.join_all().await;
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Runs `count` futures, at most `width` of them at a time, for bulk rather than for a race.
///
/// # Panics
/// When one of them panics.
pub async fn many<F, T>(count: usize, width: usize, mut make: impl FnMut(usize) -> F) -> Vec<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let mut running = JoinSet::new();
    let mut done = Vec::with_capacity(count);
    for index in 0..count {
        if running.len() >= width
            && let Some(result) = running.join_next().await
        {
            done.push(result.expect("no panic"));
        }
        running.spawn(make(index));
    }
    done.extend(running.join_all().await);
    done
}
