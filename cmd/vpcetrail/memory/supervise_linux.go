package memory

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// supervisedEnv is set in the environment of a supervised process. Its standard error
// is then file 3: file 2 takes what Go's runtime writes when it crashes.
const supervisedEnv = "VPCETRAIL_SUPERVISED"

// noMemory is in what Go's runtime writes when the system refuses it memory.
var noMemory = regexp.MustCompile(`out of memory|cannot allocate memory|pthread_create failed|failed to (create new OS thread|reserve|allocate)`)

// Supervise runs the command in a second process, where the memory of a process is
// limited (ulimit -v or -d). Go's runtime ends a process that is refused memory with a
// trace and status 2, and nothing in that process can prevent it. Supervise returns how
// the other process has ended, or false if the command is to run in this one.
func Supervise() (status int, ok bool, err error) {
	if os.Getenv(supervisedEnv) != "" {
		os.Stderr = os.NewFile(3, "stderr")
		return 0, false, nil
	}
	if !isLimited(unix.RLIMIT_AS) && !isLimited(unix.RLIMIT_DATA) {
		return 0, false, nil
	}
	runtime.LockOSThread() // Pdeathsig is sent when the thread ends that started the process
	var crash bytes.Buffer
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Args[0], cmd.Env = os.Args[0], append(os.Environ(), supervisedEnv+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, &crash
	cmd.ExtraFiles = []*os.File{os.Stderr}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if err := cmd.Start(); err != nil {
		return 0, true, err
	}
	go forward(signals, cmd.Process)
	switch err := cmd.Wait(); {
	case noMemory.Match(crash.Bytes()):
		return 0, true, ErrRefused
	case !cmd.ProcessState.Exited():
		return 0, true, err
	}
	_, _ = io.Copy(os.Stderr, &crash)
	return cmd.ProcessState.ExitCode(), true, nil
}

// forwarded is the signal by which the supervisor passes an interrupt on. A terminal
// sends an interrupt to both processes, and systemd sends TERM to both. The supervised
// process must not take what is passed on for a second one, which would end it at once.
const forwarded = syscall.SIGUSR1

// forward passes the first signal on until the process ends: before the process is ready
// for it, Go's runtime ignores it. The second signal kills the process.
func forward(signals <-chan os.Signal, to *os.Process) {
	<-signals
	for {
		_ = to.Signal(forwarded)
		select {
		case <-signals:
			_ = to.Kill()
			return
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// UntilForwarded returns a context that also ends when the supervisor is interrupted.
func UntilForwarded(ctx context.Context) context.Context {
	if os.Getenv(supervisedEnv) != "" {
		ctx, _ = signal.NotifyContext(ctx, forwarded)
	}
	return ctx
}

func isLimited(resource int) bool {
	var limit unix.Rlimit
	return unix.Getrlimit(resource, &limit) == nil && limit.Cur < unix.RLIM_INFINITY
}
