//! Work that falls into independent pieces, on as many threads as are worth it. The result does not
//! depend on how many there are.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Fewer takings than this for a thread are not worth starting it.
const WORTH_A_THREAD: usize = 4;

/// The results of `work` for `0..count`, in order. A thread takes `grain` pieces at a time, which
/// should be some tens of microseconds' work.
pub(crate) fn in_parallel<T: Send>(
    count: usize,
    grain: usize,
    work: impl Fn(usize) -> T + Sync,
) -> Vec<T> {
    let worth = count / (grain * WORTH_A_THREAD);
    let threads = if worth < 2 { 1 } else { worth.min(cores()) };
    if threads < 2 {
        return (0..count).map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let run = || {
        let mut done = Vec::with_capacity(count / threads + grain);
        loop {
            let start = next.fetch_add(grain, Ordering::Relaxed);
            if start >= count {
                return done;
            }
            done.extend((start..count.min(start + grain)).map(|index| (index, work(index))));
        }
    };
    let batches = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(run)).collect();
        let mut batches = vec![run()];
        for other in others {
            batches.push(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        batches
    });
    in_order(batches, count)
}

/// How many threads can run at once. To ask the system means to read files of it.
fn cores() -> usize {
    static CORES: OnceLock<usize> = OnceLock::new();
    *CORES.get_or_init(|| thread::available_parallelism().map_or(1, usize::from))
}

/// Merges lists that are each in order.
fn in_order<T>(batches: Vec<Vec<(usize, T)>>, count: usize) -> Vec<T> {
    let mut batches: Vec<_> =
        batches.into_iter().map(|batch| batch.into_iter().peekable()).collect();
    let mut results = Vec::with_capacity(count);
    while results.len() < count {
        let wanted = results.len();
        for batch in &mut batches {
            while let Some((_, result)) = batch.next_if(|(index, _)| *index == results.len()) {
                results.push(result);
            }
        }
        if results.len() == wanted {
            break;
        }
    }
    results
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_order() {
        for count in [0, 1, 31, 64, 1000, 1001] {
            for grain in [1, 8] {
                let results = in_parallel(count, grain, |index| index * 2);
                assert!(results.into_iter().eq((0..count).map(|index| index * 2)));
            }
        }
    }
}
