//! The spawns under way. A child may end before its attempt is told of: then its end is kept until
//! it is known whose it was. One that nobody waits for any more never runs, and nobody hears of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::os::spawn::Birth;
use crate::supervisor::message::{ExitStatus, Pid, ProcessId, SpawnOrder};

/// All of them.
#[derive(Default)]
pub(crate) struct Flights {
    under_way: BTreeMap<ProcessId, Flight>,
    /// Those given up, until their child has been collected or has turned out not to be.
    unwanted: Vec<Arc<Birth>>,
}

struct Flight {
    order: Arc<SpawnOrder>,
    birth: Arc<Birth>,
    /// How its child ended, if it has.
    ended: Option<ExitStatus>,
}

impl Flights {
    /// A spawn begins.
    pub(crate) fn begin(&mut self, order: Arc<SpawnOrder>, birth: Arc<Birth>) {
        self.under_way.insert(order.process, Flight { order, birth, ended: None });
    }

    /// Gives up the spawn of this process: there will be no child, or not for long. Whether there
    /// was something to give up.
    pub(crate) fn abandon(&mut self, process: ProcessId) -> bool {
        let Some(flight) = self.under_way.remove(&process) else { return false };
        if flight.ended.is_none() {
            flight.birth.prevent();
            self.unwanted.push(flight.birth);
        }
        true
    }

    /// A child was collected. Whether it is one of ours.
    pub(crate) fn collected(&mut self, pid: Pid, status: ExitStatus) -> bool {
        let before = self.unwanted.len();
        self.unwanted.retain(|birth| pid_of(birth) != Some(pid));
        let flight = self.under_way.values_mut().find(|flight| flight.is_alive_as(pid));
        match flight {
            Some(flight) => {
                flight.ended = Some(status);
                true
            }
            None => self.unwanted.len() < before,
        }
    }

    /// Whether this is the pid of a child that was collected and not told of: it may be somebody
    /// else's by now.
    pub(crate) fn has_ended(&self, pid: Pid) -> bool {
        let mut flights = self.under_way.values();
        flights.any(|flight| flight.ended.is_some() && pid_of(&flight.birth) == Some(pid))
    }

    /// The attempt that makes this child is over: the order that led to it, and how the child ended
    /// if it has. `None` when it was given up.
    pub(crate) fn made(
        &mut self,
        birth: &Arc<Birth>,
    ) -> Option<(Arc<SpawnOrder>, Option<ExitStatus>)> {
        let mut flights = self.under_way.values();
        let flight = flights.find(|flight| Arc::ptr_eq(&flight.birth, birth));
        if flight.is_none() && birth.pid().is_none() {
            self.unwanted.retain(|unwanted| !Arc::ptr_eq(unwanted, birth));
        }
        flight.map(|flight| (Arc::clone(&flight.order), flight.ended))
    }

    /// The spawn of this process has been told of.
    pub(crate) fn land(&mut self, process: ProcessId) {
        self.under_way.remove(&process);
    }
}

impl Flight {
    fn is_alive_as(&self, pid: Pid) -> bool {
        self.ended.is_none() && pid_of(&self.birth) == Some(pid)
    }
}

fn pid_of(birth: &Birth) -> Option<Pid> {
    birth.pid().map(|pid| Pid(pid.as_raw()))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use compiler::Options;
    use compiler::host::memory::MemoryHost;

    use super::*;
    use crate::supervisor::message::{GroupId, LogFiles};

    /// No system has as many processes.
    const CHILD: Pid = Pid(1 << 30);
    const ENDED: ExitStatus = ExitStatus::Code(3);

    fn begun(birth: Birth) -> (Flights, Arc<Birth>) {
        let host = MemoryHost::new([("/s.conf", "[supervisord]\n[program:x]\ncommand=/bin/x\n")]);
        let compiled = compiler::compile(&host, Path::new("/s.conf"), &Options::default());
        let group_plan = Arc::clone(&compiled.plan.unwrap().groups[0]);
        let plan = Arc::clone(&group_plan.processes[0]);
        let files = LogFiles { stdout: None, stderr: None };
        let order =
            SpawnOrder { process: ProcessId(7), group: GroupId(1), group_plan, plan, files };
        let (mut flights, birth) = (Flights::default(), Arc::new(birth));
        flights.begin(Arc::new(order), Arc::clone(&birth));
        (flights, birth)
    }

    fn is_empty(flights: &Flights) -> bool {
        flights.under_way.is_empty() && flights.unwanted.is_empty()
    }

    #[test]
    fn an_end_is_kept_until_it_is_known_whose_it_was() {
        let (mut flights, birth) = begun(Birth::of(CHILD.0));
        assert!(!flights.collected(Pid(1), ENDED) && !flights.has_ended(CHILD));
        assert!(flights.collected(CHILD, ENDED) && flights.has_ended(CHILD));
        let (order, ended) = flights.made(&birth).unwrap();
        assert_eq!((order.process, ended), (ProcessId(7), Some(ENDED)));
        flights.land(order.process);
        assert!(is_empty(&flights) && !flights.collected(CHILD, ENDED));
    }

    #[test]
    fn of_one_that_is_given_up_nobody_hears() {
        let (mut flights, birth) = begun(Birth::of(CHILD.0));
        assert!(flights.abandon(ProcessId(7)) && birth.is_prevented());
        assert!(!flights.abandon(ProcessId(7)) && flights.made(&birth).is_none());
        assert!(flights.collected(CHILD, ENDED) && is_empty(&flights));
    }

    #[test]
    fn nobody_waits_for_a_child_that_was_not_made() {
        let (mut flights, birth) = begun(Birth::default());
        assert!(flights.abandon(ProcessId(7)) && !is_empty(&flights));
        assert!(flights.made(&birth).is_none() && is_empty(&flights));
    }

    #[test]
    fn one_that_has_ended_is_not_killed() {
        let (mut flights, birth) = begun(Birth::of(CHILD.0));
        assert!(flights.collected(CHILD, ENDED));
        assert!(flights.abandon(ProcessId(7)) && !birth.is_prevented() && is_empty(&flights));
    }
}
