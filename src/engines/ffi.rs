//! What is asked of the operating system through `libc`: that a child ends with its parent, and how full a disk is.
#![expect(unsafe_code, reason = "prctl, getppid and statvfs are only to be had from libc")]

use std::ffi::CString;
use std::io;
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

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

/// Bytes that are free, for this user, on the disk a path lies on.
///
/// # Errors
/// Where the system cannot tell.
pub fn free_bytes(path: &Path) -> io::Result<u64> {
    let path = CString::new(path.as_os_str().as_bytes()).map_err(io::Error::other)?;
    let mut told = MaybeUninit::<libc::statvfs>::uninit();
    // SAFETY: the path ends with a zero byte, and `told` has room for the whole answer.
    if unsafe { libc::statvfs(path.as_ptr(), told.as_mut_ptr()) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call succeeded, so it filled the answer.
    let told = unsafe { told.assume_init() };
    Ok(told.f_bavail.saturating_mul(told.f_frsize))
}
