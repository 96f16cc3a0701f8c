using System;
using System.Collections.Generic;
using Nvmepf.Hal.Linux;
using Xunit;

namespace Nvmepf.Tests.Linux;

/// <summary>
/// Rings of wide entries on the running kernel. Without an NVMe device: /dev/null takes commands of any kind and succeeds, a regular file
/// refuses them. With a device: tools/rig/passthrough.sh.
/// </summary>
public sealed unsafe class IoUringNvmeCommandTests
{
    [Theory]
    [MemberData(nameof(IoUringHarness.Modes), MemberType = typeof(IoUringHarness))]
    public void Wide_commands_come_back_with_their_tags_through_many_turns_of_the_rings(IoUringMode mode)
    {
        using IoUring ring = CreateWide(mode);
        int nothing = Files.Open("/dev/null", OpenFlags.ReadWrite);
        NvmeUringCommand command = new() { Opcode = 2, NamespaceIdentifier = 1, TimeoutMilliseconds = 1000 };
        ulong next = 0;
        for (int round = 0; round < 20; round++)
        {
            ulong first = next;
            while (ring.TryNvmeCommand(nothing, NvmeUringOperation.Io, in command, next))
            {
                next++;
            }

            Assert.Equal(8u, (uint)(next - first));
            List<IoUringWideCompletion> results = Drain(ring);
            results.Sort((one, other) => one.UserData.CompareTo(other.UserData));
            Assert.Equal(8, results.Count);
            for (int i = 0; i < 8; i++)
            {
                Assert.Equal(first + (ulong)i, results[i].UserData);
                Assert.Equal(0, results[i].Result);
            }
        }

        Assert.Equal(0u, ring.OverflowCount);
        _ = Files.Close(nothing);
    }

    [Fact]
    public void A_file_without_commands_refuses_them_in_the_completion()
    {
        using IoUring ring = CreateWide(IoUringMode.DeferredTaskRun);
        int file = MemoryMappings.CreateMemoryFile("wide", MemoryFileFlags.None);
        NvmeUringCommand command = default;
        Assert.True(ring.TryNvmeCommand(file, NvmeUringOperation.Admin, in command, 7));
        IoUringWideCompletion result = Assert.Single(Drain(ring));
        Assert.Equal((7ul, -Errno.EOPNOTSUPP), (result.UserData, result.Result));
        _ = Files.Close(file);
    }

    [Fact]
    public void A_kernel_without_wide_entries_is_named()
    {
        IoUringOptions options = new() { SubmissionEntries = 8, CompletionEntries = 8, IsWide = true };
        Assert.Contains("Linux 5.19", IoUring.Explain(-Errno.EINVAL, -1, options), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_nvme_device_says_so()
    {
        int nothing = Files.Open("/dev/null", OpenFlags.ReadWrite);
        NvmePassthroughCommand command = new() { Command = new NvmeUringCommand { Opcode = 6 } };
        Assert.Equal(-Errno.ENOTTY, NvmeDevices.NamespaceIdentifier(nothing));
        Assert.Equal(-Errno.ENOTTY, NvmeDevices.Admin(nothing, ref command));
        _ = Files.Close(nothing);
    }

    private static IoUring CreateWide(IoUringMode mode)
    {
        IoUringOptions options = new() { SubmissionEntries = 8, CompletionEntries = 16, PreferredMode = mode, IsWide = true };
        int result = IoUring.Create(options, out IoUring? ring, out string problem);
        Assert.True(result == 0, problem);
        Assert.True(ring!.IsWide);
        Assert.Equal(0, ring.Start());
        return ring;
    }

    private static List<IoUringWideCompletion> Drain(IoUring ring)
    {
        List<IoUringWideCompletion> results = [];
        Span<IoUringWideCompletion> completions = stackalloc IoUringWideCompletion[3];
        while (ring.InFlight != 0)
        {
            Assert.True(ring.SubmitAndWait(IoUringHarness.Deadline) > 0);
            int count = ring.Reap(completions);
            results.AddRange(completions[..count]);
        }

        return results;
    }
}
