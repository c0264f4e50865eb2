//! The job engine: one thread decides, one writes, lanes of workers work.

pub mod work;
pub mod limits;
pub mod notice;
pub mod board;
pub mod decide;
pub mod core;
pub mod writer;
pub mod lanes;
pub mod subtitle;
mod engine;
mod slates;
mod canaries;
mod viewers;

pub use canaries::{Canaries, Canary};
pub use engine::Runtime;
pub use ledger::Book;
pub use limits::{LaneSpec, Limits, Setup};
pub use notice::{
    Command, CommandRefused, LaneState, LeaseView, MoveTo, Notice, RuntimeView, put_back_words,
};
pub use slates::{SlateLine, SlateView, Slates};
pub use viewers::Viewers;
pub use work::{Failure, Hire, Outcome, Progress, Task, TaskCx, Worker};
pub use writer::Writer;

mod ledger;
