//! Listening on a Unix socket, whose name is a file that outlives its router when nobody removes it.

use std::ffi::OsString;
use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::task::{Context, Poll};

use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketType, connect, socket};
use tokio::net::{UnixListener, UnixSocket, UnixStream};

use super::endpoint::BACKLOG;

/// A listening socket and its file, which is removed when this is dropped.
#[derive(Debug)]
pub(super) struct UnixEndpoint {
    listener: UnixListener,
    file: OwnFile,
}

/// A file that we have made.
#[derive(Debug)]
struct OwnFile {
    /// Absolute: the program may change its working directory.
    path: PathBuf,
    /// Device and number, by which it is known from a file that somebody has put into its place.
    identity: (u64, u64),
}

impl UnixEndpoint {
    /// Makes the file with those permissions and listens. The file of a router that is gone is replaced.
    ///
    /// # Errors
    /// Of the system; `AddrInUse` when somebody listens there, or begins to.
    pub(super) fn open(path: &Path, mode: u32) -> io::Result<Self> {
        let path = std::path::absolute(path)?;
        let _alone = Lock::of(&path)?;
        remove_dead(&path)?;
        let socket = UnixSocket::new_stream()?;
        socket.bind(&path)?;
        let file = OwnFile::at(&path)?;
        // Nobody can connect before it listens.
        let listener = fs::set_permissions(&path, Permissions::from_mode(mode)).and_then(|()| socket.listen(BACKLOG));
        match listener {
            Ok(listener) => Ok(Self { listener, file }),
            Err(error) => {
                file.remove();
                Err(error)
            }
        }
    }

    pub(super) fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<UnixStream>> {
        self.listener.poll_accept(cx).map_ok(|(stream, _)| stream)
    }
}

/// A forked child of the program holds the socket too: the system would go on to take connections for nobody.
impl Drop for UnixEndpoint {
    fn drop(&mut self) {
        // As long as the socket is open, nobody takes its file for a dead one.
        self.file.remove();
        let _ = rustix::net::shutdown(&self.listener, rustix::net::Shutdown::Both);
    }
}

impl OwnFile {
    fn at(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), identity: identity(&fs::symlink_metadata(path)?) })
    }

    fn exists(&self) -> bool {
        fs::symlink_metadata(&self.path).is_ok_and(|metadata| identity(&metadata) == self.identity)
    }

    fn remove(&self) {
        if self.exists() {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn identity(metadata: &fs::Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

/// The right to change who listens at a path, which one router at a time has: between two looks at a file another one
/// could have replaced it, and between binding and listening a living one looks dead.
struct Lock {
    file: File,
    name: OwnFile,
}

impl Lock {
    /// Takes the lock of that socket's file, a file beside it that goes again.
    fn of(path: &Path) -> io::Result<Self> {
        let mut name = OsString::from(path);
        name.push(".lock");
        loop {
            let mut options = File::options();
            let options = options.write(true).create(true).truncate(false).mode(0o600);
            // Somebody else's pipe would never be opened otherwise.
            let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
            let file = options.custom_flags(flags.bits().cast_signed()).open(&name)?;
            let metadata = file.metadata()?;
            if !metadata.is_file() || metadata.len() > 0 {
                return Err(io::Error::new(ErrorKind::AlreadyExists, "there is something that is no lock of a router"));
            }
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Err(Errno::WOULDBLOCK) => return Err(ErrorKind::AddrInUse.into()),
                other => other?,
            }
            let lock = Self { name: OwnFile { path: name.clone().into(), identity: identity(&metadata) }, file };
            // Whoever had it before may have removed it after we had opened it.
            if lock.name.exists() {
                return Ok(lock);
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.name.remove();
        // A child that was forked off meanwhile has it, too.
        let _ = flock(&self.file, FlockOperation::Unlock);
    }
}

/// Removes the socket's file if nobody listens there.
fn remove_dead(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(metadata) if !metadata.file_type().is_socket() => {
            Err(io::Error::new(ErrorKind::AlreadyExists, "there is a file that is no socket"))
        }
        Ok(_) if is_dead(path) => fs::remove_file(path),
        Ok(_) => Err(ErrorKind::AddrInUse.into()),
    }
}

/// Whether nobody has that socket open any more. Does not wait: a router whose queue is full is alive.
fn is_dead(path: &Path) -> bool {
    let Ok(address) = SocketAddrUnix::new(path) else { return false };
    let Ok(socket) = socket(AddressFamily::UNIX, SocketType::STREAM, None) else { return false };
    let nonblocking = rustix::io::ioctl_fionbio(&socket, true);
    nonblocking.is_ok() && connect(&socket, &address) == Err(Errno::CONNREFUSED)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::net;

    use super::*;

    /// A folder for one test.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("wamp-net-{name}-{}", std::process::id()));
            fs::create_dir_all(&folder).unwrap();
            Self(folder)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn entries(folder: &Folder) -> usize {
        fs::read_dir(&folder.0).unwrap().count()
    }

    #[tokio::test]
    async fn its_file_has_the_mode_and_goes_with_it() {
        let folder = Folder::new("mode");
        let path = folder.0.join("x.sock");
        let endpoint = UnixEndpoint::open(&path, 0o620).unwrap();
        assert_eq!(fs::symlink_metadata(&path).unwrap().mode() & 0o777, 0o620);
        drop(endpoint);
        assert_eq!(entries(&folder), 0);
    }

    #[tokio::test]
    async fn a_live_one_is_in_use_and_a_dead_one_is_replaced() {
        let folder = Folder::new("dead");
        let path = folder.0.join("x.sock");
        let endpoint = UnixEndpoint::open(&path, 0o600).unwrap();
        assert_eq!(UnixEndpoint::open(&path, 0o600).unwrap_err().kind(), ErrorKind::AddrInUse);
        net::UnixStream::connect(&path).unwrap();
        drop(endpoint);
        drop(net::UnixListener::bind(&path).unwrap());
        let endpoint = UnixEndpoint::open(&path, 0o600).unwrap();
        net::UnixStream::connect(&path).unwrap();
        assert_eq!(entries(&folder), 1);
        drop(endpoint);
    }

    #[tokio::test]
    async fn what_is_not_its_own_stays() {
        let folder = Folder::new("foreign");
        let path = folder.0.join("x.sock");
        fs::write(&path, "a file").unwrap();
        assert!(UnixEndpoint::open(&path, 0o600).unwrap_err().to_string().contains("no socket"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "a file");
        fs::remove_file(&path).unwrap();
        let endpoint = UnixEndpoint::open(&path, 0o600).unwrap();
        fs::remove_file(&path).unwrap();
        fs::write(&path, "another").unwrap();
        drop(endpoint);
        assert_eq!(fs::read_to_string(&path).unwrap(), "another");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn of_many_that_start_at_once_one_listens_where_a_dead_one_was() {
        let folder = Folder::new("race");
        let path = folder.0.join("x.sock");
        for _ in 0..50 {
            drop(net::UnixListener::bind(&path).unwrap());
            let start = std::sync::Barrier::new(4);
            let (runtime, path) = (tokio::runtime::Handle::current(), &path);
            let started: Vec<_> = std::thread::scope(|scope| {
                let open = || {
                    let _context = runtime.enter();
                    start.wait();
                    UnixEndpoint::open(path, 0o600)
                };
                let threads: Vec<_> = (0..4).map(|_| scope.spawn(open)).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            let (listening, refused): (Vec<_>, Vec<_>) = started.into_iter().partition(Result::is_ok);
            assert_eq!(listening.len(), 1);
            assert!(refused.iter().all(|error| error.as_ref().is_err_and(|e| e.kind() == ErrorKind::AddrInUse)));
            net::UnixStream::connect(path).unwrap();
            assert_eq!(entries(&folder), 1, "the lock is gone");
            drop(listening);
            assert_eq!(entries(&folder), 0);
        }
    }

    #[tokio::test]
    async fn a_lock_that_was_left_behind_hinders_nobody() {
        let folder = Folder::new("lock");
        let path = folder.0.join("x.sock");
        fs::write(folder.0.join("x.sock.lock"), "").unwrap();
        drop(UnixEndpoint::open(&path, 0o600).unwrap());
        assert_eq!(entries(&folder), 0);
        let held = Lock::of(&path).unwrap();
        assert_eq!(UnixEndpoint::open(&path, 0o600).unwrap_err().kind(), ErrorKind::AddrInUse);
        drop(held);
        UnixEndpoint::open(&path, 0o600).unwrap();
    }

    #[tokio::test]
    async fn what_is_no_lock_stays_and_is_not_waited_for() {
        let folder = Folder::new("nolock");
        let (path, name) = (folder.0.join("x.sock"), folder.0.join("x.sock.lock"));
        let refused = || {
            let error = UnixEndpoint::open(&path, 0o600).unwrap_err();
            assert_eq!(entries(&folder), 1, "{error}");
            error.kind()
        };
        fs::write(&name, "somebody's").unwrap();
        assert_eq!(refused(), ErrorKind::AlreadyExists);
        fs::remove_file(&name).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, &name, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0).unwrap();
        assert_ne!(refused(), ErrorKind::AddrInUse, "nobody reads it");
        let _reader = File::options().read(true).write(true).open(&name).unwrap();
        assert_eq!(refused(), ErrorKind::AlreadyExists);
    }

    #[tokio::test]
    async fn a_full_queue_does_not_make_it_dead() {
        let folder = Folder::new("full");
        let path = folder.0.join("x.sock");
        let listener = socket(AddressFamily::UNIX, SocketType::STREAM, None).unwrap();
        rustix::net::bind(&listener, &SocketAddrUnix::new(&path).unwrap()).unwrap();
        rustix::net::listen(&listener, 0).unwrap();
        let mut waiting = Vec::new();
        for _ in 0..4 {
            let client = socket(AddressFamily::UNIX, SocketType::STREAM, None).unwrap();
            rustix::io::ioctl_fionbio(&client, true).unwrap();
            let _ = connect(&client, &SocketAddrUnix::new(&path).unwrap());
            waiting.push(client);
        }
        assert_eq!(UnixEndpoint::open(&path, 0o600).unwrap_err().kind(), ErrorKind::AddrInUse);
    }
}
