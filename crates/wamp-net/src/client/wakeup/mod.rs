//! The one descriptor of a client, for its whole life: readable when the program should look after the client.
//!
//! It contains the current socket and a signal. Loops only watch it; nobody waits on what is inside. The rule against
//! lost wakeups is simple because everything happens under the client's lock: whoever leaves the lock sets the signal
//! if there is something left to fetch, and clears it if not.

#[cfg(any(target_os = "linux", target_os = "android"))]
mod epoll;
#[cfg(any(target_os = "linux", target_os = "android"))]
mod heirs;
#[cfg(any(test, not(any(target_os = "linux", target_os = "android"))))]
mod portable;

#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) use epoll::Wakeup;
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) use heirs::replace_all;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) use portable::Wakeup;

/// What about a socket is of interest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Interest {
    /// Data, or the end of it.
    pub(crate) read: bool,
    /// Room in its send buffer.
    pub(crate) write: bool,
}

impl Interest {
    pub(crate) const READ: Self = Self { read: true, write: false };
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::os::fd::AsFd;

    use super::Interest;
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    fn is_readable(fd: impl AsFd) -> bool {
        let mut fds = [PollFd::new(&fd, PollFlags::IN)];
        poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).unwrap() == 1
    }

    fn becomes_readable(fd: impl AsFd) -> bool {
        let mut fds = [PollFd::new(&fd, PollFlags::IN)];
        poll(&mut fds, Some(&Timespec { tv_sec: 5, tv_nsec: 0 })).unwrap() == 1
    }

    fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        near.set_nonblocking(true).unwrap();
        (near, listener.accept().unwrap().0)
    }

    /// Both implementations have to pass the same tests.
    macro_rules! both {
        ($name:ident, $test:expr) => {
            mod $name {
                #[test]
                fn native() {
                    let test: fn(super::super::Wakeup) = $test;
                    test(super::super::Wakeup::new().unwrap());
                }

                #[test]
                fn portable() {
                    let test: fn(super::super::portable::Wakeup) = $test;
                    test(super::super::portable::Wakeup::new().unwrap());
                }
            }
        };
    }

    both!(the_signal_is_a_level, |mut wakeup| {
        use super::*;
        assert!(!is_readable(&wakeup));
        for _ in 0..3 {
            wakeup.signal(true);
            wakeup.signal(true);
            assert!(is_readable(&wakeup) && is_readable(&wakeup));
            wakeup.signal(false);
            wakeup.signal(false);
            assert!(!is_readable(&wakeup));
        }
    });

    both!(the_socket_counts_while_it_is_watched, |mut wakeup| {
        use super::*;
        let (mut near, mut far) = pair();
        wakeup.watch(near.as_fd()).unwrap();
        assert!(!is_readable(&wakeup));
        far.write_all(b"x").unwrap();
        assert!(becomes_readable(&wakeup));
        wakeup.signal(true);
        wakeup.signal(false);
        assert!(is_readable(&wakeup), "clearing the signal hides the socket");
        assert_eq!(near.read(&mut [0; 8]).unwrap(), 1);
        assert!(!is_readable(&wakeup));
        far.write_all(b"y").unwrap();
        assert!(becomes_readable(&wakeup));
        wakeup.unwatch(near.as_fd());
        assert!(!is_readable(&wakeup));
    });

    both!(room_to_write_counts_on_demand, |mut wakeup| {
        use super::*;
        let (near, _far) = pair();
        wakeup.watch(near.as_fd()).unwrap();
        assert!(!is_readable(&wakeup));
        wakeup.want(near.as_fd(), Interest { read: true, write: true }).unwrap();
        assert!(is_readable(&wakeup) && is_readable(&wakeup));
        wakeup.want(near.as_fd(), Interest::READ).unwrap();
        assert!(!is_readable(&wakeup));
    });

    both!(data_does_not_count_while_nobody_wants_it, |mut wakeup| {
        use super::*;
        let (near, mut far) = pair();
        wakeup.watch(near.as_fd()).unwrap();
        far.write_all(b"x").unwrap();
        assert!(becomes_readable(&wakeup));
        wakeup.want(near.as_fd(), Interest { read: false, write: false }).unwrap();
        assert!(!is_readable(&wakeup));
        wakeup.want(near.as_fd(), Interest::READ).unwrap();
        assert!(is_readable(&wakeup));
    });

    both!(a_descriptor_can_be_taken_over, |mut wakeup| {
        use super::*;
        use std::os::fd::AsRawFd;
        let (original, mut far) = pair();
        far.write_all(b"x").unwrap();
        assert!(becomes_readable(&original));
        wakeup.publish_as(original.as_raw_fd()).unwrap();
        assert!(!is_readable(&original));
        wakeup.signal(true);
        assert!(is_readable(&original));
        assert_eq!(wakeup.number(), original.as_raw_fd());
        let flags = rustix::io::fcntl_getfd(&original).unwrap();
        assert!(flags.contains(rustix::io::FdFlags::CLOEXEC));
        std::mem::forget(original);
    });
}
