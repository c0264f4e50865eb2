//! What engine children ask of the operating system through `libc`: to end with their parent.
#![expect(unsafe_code, reason = "prctl and getppid are only to be had from libc")]

use std::io;

/// Asks the kernel to kill this process when the thread that started it ends, and checks that the parent still lives.
///
/// A parent that ended even before the first line ran is noticed by the closed pipe on standard input.
///
/// # Errors
/// Where the kernel refuses, or the parent is gone already: the child has nobody to work for and should end.
pub fn die_with_parent() -> io::Result<()> {
    // SAFETY: both calls take and give plain integers and touch no memory of ours.
    let (parent_before, set) = unsafe {
        let parent = libc::getppid();
        (parent, libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL as libc::c_ulong, 0, 0, 0))
    };
    if set != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: as above.
    let parent_after = unsafe { libc::getppid() };
    if parent_after != parent_before {
        return Err(io::Error::other("the parent ended while its engine started"));
    }
    Ok(())
}
