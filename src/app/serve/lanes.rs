//! Lanes as watchers see them: what they compute on, what listens there, what each worker has and how it goes.

use super::daemon::Daemon;
use super::uploads::shown;
use super::views;
use crate::api::daemon::{LaneView, WorkerView};
use crate::base::clock;
use crate::runtime::{LeaseView, RuntimeView};

impl Daemon {
    /// The lanes of the runtime at this moment.
    pub(super) fn lanes_of(&self, view: &RuntimeView) -> Vec<LaneView> {
        let now = clock::now_unix_ms();
        let worker = |lease: &LeaseView| -> WorkerView {
            let row = self.store.job(lease.job).ok().flatten();
            let path = row.map(|it| shown(it.spec.path()));
            views::worker(lease, path, self.pacer.going(lease.execution, now), now)
        };
        let device = self.devices.now();
        let lane = |lane| {
            let view = views::lane(lane, worker);
            LaneView {
                device: device.of(&lane.name),
                model: self.devices.model(&lane.name),
                ..view
            }
        };
        view.lanes.iter().map(lane).collect()
    }
}
