using System;
using System.Runtime.InteropServices;
using System.Threading;
using Nvmepf.Hal.Linux;
using Xunit;

namespace Nvmepf.Tests.Linux;

/// <summary>What happens where io_uring is not to be had, with the real refusal of a seccomp filter on a thread of its own.</summary>
public sealed unsafe partial class IoUringSetupTests
{
    private static readonly IoUringOptions Options = new() { SubmissionEntries = 8, CompletionEntries = 8 };

    [Theory]
    [InlineData(Errno.EPERM, "seccomp")]
    [InlineData(Errno.ENOSYS, "Linux 5.10")]
    [InlineData(Errno.ENOMEM, "ulimit -l")]
    [InlineData(Errno.EMFILE, "EMFILE")]
    public void A_refused_setup_gives_the_error_and_says_what_helps(int errno, string words)
    {
        (int filtered, int result, string problem, bool made) = (0, 0, string.Empty, true);
        Thread thread = new(() =>
        {
            filtered = RefuseSetup(errno);
            if (filtered == 0)
            {
                result = IoUring.Create(Options, out IoUring? ring, out problem);
                made = ring is not null;
            }
        });
        thread.Start();
        thread.Join();
        Assert.True(filtered == 0, "seccomp is not to be had here: " + Errno.Describe(filtered));
        Assert.Equal(-errno, result);
        Assert.False(made);
        Assert.Contains(words, problem, StringComparison.Ordinal);
        Assert.DoesNotContain("\n", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, "kernel.io_uring_disabled is 1")]
    [InlineData(2, "kernel.io_uring_disabled is 2")]
    [InlineData(-1, "seccomp")]
    public void A_permission_problem_names_the_setting_that_causes_it(int setting, string words) =>
        Assert.Contains(words, IoUring.Explain(-Errno.EPERM, setting, Options), StringComparison.Ordinal);

    [Theory]
    [InlineData(0u, 8u)]
    [InlineData(32769u, 65536u)]
    [InlineData(8u, 4u)]
    [InlineData(8u, 65537u)]
    public void Sizes_out_of_range_are_refused_and_named(uint submissions, uint completions)
    {
        IoUringOptions options = new() { SubmissionEntries = submissions, CompletionEntries = completions };
        Assert.Equal(-Errno.EINVAL, IoUring.Create(options, out IoUring? ring, out string problem));
        Assert.Null(ring);
        Assert.Contains($"{submissions} submission and {completions} completion", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void The_largest_ring_can_be_made()
    {
        using IoUring ring = IoUringHarness.Create(submissions: 32768, completions: 65536);
        Assert.Equal((32768u, 65536u), (ring.SubmissionEntries, ring.CompletionEntries));
    }

    /// <summary>Makes io_uring_setup fail with an error on the calling thread, for the rest of its life.</summary>
    private static int RefuseSetup(int errno)
    {
        const int SetNoNewPrivileges = 38;
        const int SetSeccomp = 22;
        const nuint Filter = 2;
        // Load the system call's number; if it is io_uring_setup return the error, else allow.
        FilterInstruction* program = stackalloc FilterInstruction[4]
        {
            new() { Code = 0x20, Operand = 0 },
            new() { Code = 0x15, JumpFalse = 1, Operand = 425 },
            new() { Code = 0x06, Operand = 0x0005_0000u | (uint)errno },
            new() { Code = 0x06, Operand = 0x7fff_0000 },
        };
        FilterProgram filter = new() { Length = 4, Instructions = program };
        int result = Control(SetNoNewPrivileges, 1, 0, 0, 0);
        result = result == 0 ? Control(SetSeccomp, Filter, (nuint)(&filter), 0, 0) : result;
        return result == 0 ? 0 : -Marshal.GetLastPInvokeError();
    }

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int Control(int option, nuint a, nuint b, nuint c, nuint d);

    [StructLayout(LayoutKind.Sequential)]
    private struct FilterInstruction
    {
        internal ushort Code;
        internal byte JumpTrue;
        internal byte JumpFalse;
        internal uint Operand;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct FilterProgram
    {
        internal ushort Length;
        internal FilterInstruction* Instructions;
    }
}
