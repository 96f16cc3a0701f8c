using Nvmepf.Firmware.Namespaces;
using Nvmepf.Hal.Linux;
using Nvmepf.Spec;
using Nvmepf.Tests.Io;
using Nvmepf.Tests.Linux;
using Xunit;

namespace Nvmepf.Tests.Namespaces;

/// <summary>
/// Completion polling where it is asked for and, on most machines, refused; a drive that has poll queues is in the rig's passthrough scenario.
/// </summary>
public sealed unsafe class PollingTests
{
    private const int Mib = 1 << 20;

    [Theory]
    [InlineData(Place.Memory, false)]
    [InlineData(Place.Disk, true)]
    public void What_cannot_be_polled_says_so_and_works(string kind, bool isBuffered)
    {
        using Place place = new(kind);
        using BackendBench bench = new(new FileBackend(place.File, 4 * Mib, isBuffered: isBuffered, wantsPolling: true));
        Assert.False(((FileBackend)bench.Backend).IsPolled);
        Assert.StartsWith("not polled: ", bench.Backend.Remark);
        byte[] data = Pattern.Make(65536, 1);
        Assert.True(bench.Write(4096, data).IsSuccess);
        Assert.Equal(data, bench.Read(4096, 65536));
        Assert.Null(bench.Ring.Polled);
    }

    [Fact]
    public void A_file_on_a_disk_is_polled_or_says_why_not()
    {
        using Place place = new();
        using FileBackend backend = new(place.File, 4 * Mib, wantsPolling: true);
        backend.Open();
        Assert.Matches(backend.IsPolled ? "^polled$" : "^not polled: .*(poll queues|page cache)", backend.Remark);
        using FileBackend other = new(place.File + "2", 4 * Mib);
        other.Open();
        Assert.False(other.IsPolled);
        Assert.Empty(other.Remark);
    }

    [Fact]
    public void A_disk_that_refuses_later_is_used_by_the_ordinary_ring_and_no_command_fails()
    {
        using Place place = new();
        bool isPollable;
        using (FileBackend probe = new(place.File, 4 * Mib, wantsPolling: true))
        {
            probe.Open();
            isPollable = probe.IsPolled;
        }

        FileBackend backend = new(place.File);
        using (IoHost io = new([backend]))
        {
            Assert.True(backend.IsDirect, "the temporary directory takes direct transfers");
            backend.IsPolled = true; // as if it had agreed when it was opened
            io.Controller.PrepareBackend(backend);
            for (int round = 0; round < 4; round++)
            {
                List<ushort> identifiers = [];
                for (int i = 0; i < 16; i++)
                {
                    Pattern.Make(4096, (round * 16) + i).CopyTo(io.Bytes(i * 4096, 4096));
                    identifiers.Add(io.Queue.Put(io.Make(NvmOpcode.Write, (ulong)i * 8, 8, i * 4096)));
                }

                io.Queue.RingTail();
                identifiers.ForEach(one => Assert.True(io.Host.WaitFor(io.Queue, one).CompletionStatus.Status.IsSuccess));
                Assert.True(io.Execute(NvmOpcode.Flush, 0, 1).IsSuccess);
                for (int i = 0; i < 16; i++)
                {
                    Assert.Equal(Pattern.Make(4096, (round * 16) + i), io.Read((ulong)i * 8, 8));
                }
            }

            // A file system may take writes on the ring that is polled, for blocks that are new, where reads are refused.
            Assert.Equal(isPollable, backend.IsPolled);
        }

        // The ring has let go of the file, which has a lock.
        using FileBackend next = new(place.File);
        next.Open();
    }

    [Fact]
    public void A_polled_ring_reads_or_refuses_and_is_entered_for_as_long_as_something_is_in_flight()
    {
        using Place place = new();
        File.WriteAllBytes(place.File, Pattern.Make(4096, 3));
        using IoUring ring = IoUringHarness.Create();
        Assert.Null(ring.UsePolled());
        Assert.Equal(0, ring.OpenPolled(out string problem));
        Assert.Equal(0, ring.OpenPolled(out _));
        Assert.Empty(problem);
        IoUring polled = ring.UsePolled()!;
        Assert.True(polled.IsPolled);
        Assert.False(ring.IsPolled);
        Assert.Same(polled, ring.UsePolled());
        int fd = Files.Open(place.File, OpenFlags.ReadWrite | OpenFlags.Direct);
        int at = polled.TakeFilePlace(fd);
        Assert.InRange(at, 0, 255);
        byte* page = (byte*)IoUringHarness.Map(4096);
        Assert.True(polled.TryRead(at, page, 4096, 0, 5, flags: SubmissionFlags.FixedFile));
        IoUringCompletion[] results = new IoUringCompletion[4];
        int count = 0;
        ulong calls = 0;
        for (long end = Clock.MonotonicNanoseconds() + IoUringHarness.Deadline; count == 0; calls++)
        {
            Assert.True(Clock.MonotonicNanoseconds() < end, "the read does not end");
            Assert.True(polled.SubmitAndPoll() >= 0);
            count = polled.Reap(results);
        }

        Assert.Equal(1, count);
        Assert.Equal(5ul, results[0].UserData);
        Assert.Contains(results[0].Result, new[] { 4096, -Errno.EOPNOTSUPP, -Errno.EPERM });
        Assert.Equal(calls, polled.EnterCount);
        Assert.Equal(0, polled.SubmitAndPoll());
        Assert.Equal(calls, polled.EnterCount);
        Assert.True(polled.RetireFilePlace(at, IoUringHarness.Deadline));
        Assert.False(ring.HasRetiredFiles);
        _ = Files.Close(fd);
        _ = MemoryMappings.Unmap(page, 4096);
    }
}
