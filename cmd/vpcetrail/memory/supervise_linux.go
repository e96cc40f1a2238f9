package memory

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"runtime"
	"syscall"

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
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM) // a terminal sends an interrupt to both
	if err := cmd.Start(); err != nil {
		return 0, true, err
	}
	go func() {
		for s := range signals {
			if s == syscall.SIGTERM {
				_ = cmd.Process.Signal(s)
			}
		}
	}()
	switch err := cmd.Wait(); {
	case noMemory.Match(crash.Bytes()):
		return 0, true, ErrRefused
	case !cmd.ProcessState.Exited():
		return 0, true, err
	}
	_, _ = io.Copy(os.Stderr, &crash)
	return cmd.ProcessState.ExitCode(), true, nil
}

func isLimited(resource int) bool {
	var limit unix.Rlimit
	return unix.Getrlimit(resource, &limit) == nil && limit.Cur < unix.RLIM_INFINITY
}
