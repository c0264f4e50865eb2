//! The calls of whisper.cpp and ggml that whisper-rs offers only unsafely: callbacks that keep it from aborting, and
//! which GPUs there are.
#![expect(
    unsafe_code,
    reason = "callbacks of whisper.cpp are C functions with a raw pointer to their data; devices are raw pointers"
)]

use crate::engines::gpu::Gpu;
use std::ffi::{CStr, c_int, c_void};
use std::sync::atomic::{AtomicI32, Ordering};
use whisper_rs::whisper_rs_sys as sys;
use whisper_rs::{FullParams, WhisperError, WhisperState};
use whisper_rs::{WhisperSysContext, WhisperSysState, WhisperTokenData, WhisperTokenId};

/// Mel frames of 10 ms below which whisper.cpp 1.8.3 aborts in `median_filter` when it aligns tokens: the filter is 7
/// encoder frames wide and wants more than that.
pub(super) const ALIGNED_FRAMES_MIN: i32 = 16;

/// Keeps one hearing away from whisper.cpp's assertions: no pass over fewer than [`ALIGNED_FRAMES_MIN`] frames.
#[derive(Debug)]
pub(super) struct PassGuard {
    /// Token of the time stamp 0.00.
    token_beg: WhisperTokenId,
    /// A pass that starts here or later is left out. whisper.cpp tells its place in whole percent only, so up to one
    /// percent more of the window, 0.3 s at most, is left out with it.
    percent_last: c_int,
    /// Where the next pass starts, in percent of the window.
    percent: AtomicI32,
    /// Where the last pass that was made started.
    percent_made: AtomicI32,
}

impl PassGuard {
    /// A guard for a window of so many samples at 16 kHz.
    pub(super) fn new(samples: usize, token_beg: WhisperTokenId) -> PassGuard {
        let frames = c_int::try_from(1 + samples.saturating_sub(200) / 160).unwrap_or(c_int::MAX);
        let percent_last = 100 * i64::from(frames - ALIGNED_FRAMES_MIN + 1) / i64::from(frames);
        // Never the first pass, which starts at 0.
        let percent_last = c_int::try_from(percent_last.max(1)).unwrap_or(100);
        let (percent, percent_made) = (AtomicI32::new(0), AtomicI32::new(0));
        PassGuard { token_beg, percent_last, percent, percent_made }
    }

    /// Where the last pass started, in percent of the window, rounded down.
    pub(super) fn last_pass_percent(&self) -> i64 {
        i64::from(self.percent_made.load(Ordering::Relaxed))
    }

    /// `WhisperState::full` under this guard.
    ///
    /// # Errors
    /// Those of whisper.cpp.
    pub(super) fn full(
        &self,
        state: &mut WhisperState,
        mut params: FullParams,
        samples: &[f32],
    ) -> Result<(), WhisperError> {
        let data = std::ptr::from_ref(self).cast_mut().cast::<c_void>();
        // SAFETY: the functions have the types whisper.cpp calls; `data` is this guard, which outlives `full`, and
        // they only read it, its atomic apart, so that whisper.cpp may call them from several threads.
        unsafe {
            params.set_progress_callback(Some(note_progress));
            params.set_progress_callback_user_data(data);
            params.set_start_encoder_callback(Some(may_start_pass));
            params.set_start_encoder_callback_user_data(data);
            params.set_filter_logits_callback(Some(forbid_tiny_steps));
            params.set_filter_logits_callback_user_data(data);
        }
        state.full(params, samples)
    }
}

unsafe extern "C" fn note_progress(
    _: *mut WhisperSysContext,
    _: *mut WhisperSysState,
    percent: c_int,
    data: *mut c_void,
) {
    // SAFETY: `data` is the guard given in `full`, alive for the whole call.
    let guard = unsafe { &*data.cast::<PassGuard>() };
    guard.percent.store(percent, Ordering::Relaxed);
}

unsafe extern "C" fn may_start_pass(
    _: *mut WhisperSysContext,
    _: *mut WhisperSysState,
    data: *mut c_void,
) -> bool {
    // SAFETY: `data` is the guard given in `full`, alive for the whole call.
    let guard = unsafe { &*data.cast::<PassGuard>() };
    let percent = guard.percent.load(Ordering::Relaxed);
    let starts = percent < guard.percent_last;
    if starts {
        guard.percent_made.store(percent, Ordering::Relaxed);
    }
    starts
}

/// Takes the time stamps 0.02 to 0.14 s away: one of them as the end of a pass would make it too short.
unsafe extern "C" fn forbid_tiny_steps(
    _: *mut WhisperSysContext,
    _: *mut WhisperSysState,
    _: *const WhisperTokenData,
    _: c_int,
    logits: *mut f32,
    data: *mut c_void,
) {
    // SAFETY: `data` is the guard given in `full`, alive for the whole call.
    let guard = unsafe { &*data.cast::<PassGuard>() };
    for step in 1..ALIGNED_FRAMES_MIN / 2 {
        let Ok(token) = usize::try_from(guard.token_beg + step) else { return };
        // SAFETY: `logits` has one value for each token of the vocabulary, which ends with 1501 time stamps.
        unsafe { *logits.add(token) = f32::NEG_INFINITY };
    }
}

/// Blocks of this size and more go back to the system as soon as they are free.
#[cfg(target_env = "gnu")]
const MAPPED_BYTES_MIN: c_int = 1024 * 1024;

/// Keeps glibc from holding on to the buffers of a state, some 250 MB for `base`, between two windows: by default each
/// freed block raises the size from which blocks are returned.
pub(super) fn return_freed_memory() {
    #[cfg(target_env = "gnu")]
    // SAFETY: `mallopt` takes plain integers; a refusal changes nothing.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, MAPPED_BYTES_MIN);
    }
}

/// The GPUs that ggml was built for and finds, numbered as whisper.cpp counts them.
pub(super) fn gpus() -> Vec<Gpu> {
    let mut found = Vec::new();
    // SAFETY: takes nothing; the first call makes ggml look for devices, which it keeps until the process ends.
    let count = unsafe { sys::ggml_backend_dev_count() };
    for index in 0..count {
        // SAFETY: `index` is below the count, and no backend is unloaded, so the device is there for good.
        let (device, kind) = unsafe {
            let device = sys::ggml_backend_dev_get(index);
            (device, sys::ggml_backend_dev_type(device))
        };
        let is_gpu = kind == sys::ggml_backend_dev_type_GGML_BACKEND_DEVICE_TYPE_GPU
            || kind == sys::ggml_backend_dev_type_GGML_BACKEND_DEVICE_TYPE_IGPU;
        let Some(number) = u8::try_from(found.len()).ok().filter(|_| is_gpu) else { continue };
        let (mut free, mut total) = (0, 0);
        // SAFETY: the device is there, and both places are written before the call returns.
        unsafe { sys::ggml_backend_dev_memory(device, &mut free, &mut total) };
        // SAFETY: the description is a text of ggml's own, ended by a zero byte, that lives as long as the device.
        let name = unsafe { CStr::from_ptr(sys::ggml_backend_dev_description(device)) };
        let name = name.to_string_lossy().into_owned();
        found.push(Gpu { number, name, memory_mib: (total / (1024 * 1024)) as u64 });
    }
    found
}

/// Ends this process at once, without running destructors under threads that still compute.
pub(super) fn exit_now(code: c_int) -> ! {
    // SAFETY: `_exit` takes a plain integer and does not return.
    unsafe { libc::_exit(code) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_of_a_window_is_long_enough_or_left_out() {
        for samples in [17_600, 40_000, 176_000, 480_000, 960_000] {
            let guard = PassGuard::new(samples, 0);
            let frames = 1 + (samples as i32 - 200) / 160;
            for rest in 1..frames {
                let percent = 100 * (frames - rest) / frames;
                let starts = percent < guard.percent_last;
                assert!(!starts || rest >= ALIGNED_FRAMES_MIN, "{samples} samples, rest {rest}");
                assert!(starts || rest < ALIGNED_FRAMES_MIN + frames / 100 + 1);
            }
        }
    }
}
