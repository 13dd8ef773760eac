//! Sockets enough for both ends of every connection.

/// How many descriptors this process may have, after it has asked for `wanted`.
pub fn ask_for(wanted: u64) -> u64 {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `limit` is valid for writes.
    assert_eq!(unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) }, 0);
    let raised = libc::rlimit {
        rlim_cur: limit.rlim_cur.max(wanted),
        rlim_max: limit.rlim_max.max(wanted),
    };
    // SAFETY: `raised` is valid for reads.
    if unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raised) } == 0 {
        return raised.rlim_cur;
    }
    limit.rlim_cur = limit.rlim_max;
    // SAFETY: as above.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limit) }, 0);
    limit.rlim_cur
}
