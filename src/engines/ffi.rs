//! What is asked of the operating system through `libc`: that a child ends with its parent, how urgent it is, what it
//! may take, how full a disk is and what it is, and whether a file is being written.
#![expect(unsafe_code, reason = "calls on processes and disks are only to be had from libc")]

use std::ffi::CString;
use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::AsRawFd;
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

/// Makes this process, its one thread so far and those it starts later, give way to others: 0 (as before) to 19. It
/// never gives way less than before.
///
/// # Errors
/// Where the kernel refuses.
pub fn be_nice(nice: u8) -> io::Result<()> {
    let nice = libc::c_int::from(nice.min(19));
    // SAFETY: the call takes plain integers and touches no memory of ours; 0 is this process.
    let now = unsafe { libc::getpriority(libc::PRIO_PROCESS, 0) };
    if nice <= now.max(0) {
        return Ok(());
    }
    // SAFETY: as above.
    let set = unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, nice) };
    if set == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Limits the memory of its own that a process may reserve; beyond it, reserving fails.
///
/// # Errors
/// Where the process is gone or is not ours.
pub(super) fn limit_data(pid: u32, bytes_max: u64) -> io::Result<()> {
    let pid = libc::pid_t::try_from(pid).map_err(io::Error::other)?;
    let limit = libc::rlimit { rlim_cur: bytes_max, rlim_max: bytes_max };
    // SAFETY: `limit` lives through the call, which only reads it; no answer is asked for.
    let set = unsafe { libc::prlimit(pid, libc::RLIMIT_DATA, &limit, std::ptr::null_mut()) };
    if set == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Kills a process group that we started and whose leader is not reaped yet.
///
/// # Errors
/// Where it is gone.
pub(super) fn kill_group(leader: u32) -> io::Result<()> {
    let leader = libc::pid_t::try_from(leader).ok().filter(|it| *it > 1);
    let leader = leader.ok_or_else(|| io::Error::other("no process group of a child"))?;
    // SAFETY: the call takes plain integers and touches no memory of ours.
    if unsafe { libc::kill(-leader, libc::SIGKILL) } == 0 {
        return Ok(());
    }
    Err(io::Error::last_os_error())
}

/// Gives memory that was freed back to the system; glibc keeps what many threads freed in small pieces. Elsewhere
/// nothing happens.
pub fn give_memory_back() {
    // SAFETY: the call takes a plain integer and leaves all memory that is in use as it is.
    #[cfg(target_env = "gnu")]
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Bytes that are free, for this user, on the disk a path lies on.
///
/// # Errors
/// Where the system cannot tell.
pub fn free_bytes(path: &Path) -> io::Result<u64> {
    let told = told(path)?;
    Ok(told.f_bavail.saturating_mul(told.f_frsize))
}

/// The id of the file system a path lies on, as the kernel tells it; whether it stays the same depends on the kind.
///
/// # Errors
/// Where the system cannot tell.
pub(super) fn file_system_id(path: &Path) -> io::Result<u64> {
    told(path).map(|it| it.f_fsid)
}

fn told(path: &Path) -> io::Result<libc::statvfs> {
    let path = CString::new(path.as_os_str().as_bytes()).map_err(io::Error::other)?;
    let mut told = MaybeUninit::<libc::statvfs>::uninit();
    // SAFETY: the path ends with a zero byte, and `told` has room for the whole answer.
    if unsafe { libc::statvfs(path.as_ptr(), told.as_mut_ptr()) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call succeeded, so it filled the answer.
    Ok(unsafe { told.assume_init() })
}

/// Number of the request that names the signal of a broken lease; the same for all of Linux, and not in `libc`.
const F_SETSIG: libc::c_int = 10;

/// Whether somebody has a file open for writing: a read lease is asked for, which is only given where nobody has, and
/// given back at once.
///
/// # Errors
/// Where the file system gives no leases, or not to us: the file is not ours and we lack `CAP_LEASE`.
pub(super) fn is_open_for_writing(file: &File) -> io::Result<bool> {
    let fd = file.as_raw_fd();
    // Who opens it for writing in this instant makes the kernel send a signal: SIGIO, which kills, unless it is told
    // to send one that nobody heeds.
    // SAFETY: the descriptor is open through all three calls, which take and give plain integers.
    let taken = unsafe {
        if libc::fcntl(fd, F_SETSIG, libc::SIGURG) != 0 {
            return Err(io::Error::last_os_error());
        }
        libc::fcntl(fd, libc::F_SETLEASE, libc::F_RDLCK)
    };
    if taken != 0 {
        let err = io::Error::last_os_error();
        return if err.kind() == io::ErrorKind::WouldBlock { Ok(true) } else { Err(err) };
    }
    // A lease that cannot be given back ends with the descriptor.
    // SAFETY: as above.
    unsafe { libc::fcntl(fd, libc::F_SETLEASE, libc::F_UNLCK) };
    Ok(false)
}
