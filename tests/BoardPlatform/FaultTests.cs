// What goes wrong on the way: hosts that refuse or do not answer, local errors, stuck channels, a link that drops in the middle. Whoever is at
// fault gets the error, everybody else gets their data, and nobody waits for ever.
using Nvmepf.Hal;
using Nvmepf.SocModel;
using Xunit;

namespace Nvmepf.Tests.BoardPlatform;

public sealed unsafe class FaultTests
{
    private const int Requests = 8;
    private const int BytesEach = 2048;
    private const ulong Stride = 0x2_0000;

    [Theory]
    [InlineData(TlpStatus.UnsupportedRequest)]
    [InlineData(TlpStatus.CompleterAbort)]
    [InlineData(TlpStatus.Timeout)]
    [InlineData(TlpStatus.Poisoned)]
    public void A_read_that_the_host_answers_badly_fails_alone(TlpStatus answer)
    {
        HostSegment* segments = stackalloc HostSegment[Requests];
        for (int bad = 0; bad < Requests; bad += 3)
        {
            using BoardRig rig = new();
            byte* buffer = rig.Platform.AllocateDmaMemory(Requests * BytesEach);
            rig.Start();
            rig.Host.AnswerBadly(BoardHost.MemoryAddress + ((ulong)bad * Stride) + 1024, 8, answer);
            SubmitReads(rig, buffer, segments);
            rig.RunUntilIdle();
            for (int i = 0; i < Requests; i++)
            {
                Assert.Equal((ulong)i, rig.Completions[i].Tag);
                Assert.Equal((i, i == bad ? DmaStatus.HostError : DmaStatus.Success), (i, rig.Completions[i].Status));
                Assert.True(i == bad || IsRead(rig, segments[i]), $"request {i}");
            }

            Assert.True(rig.Platform.EdmaCounters!.Aborts is 1 or 2, $"{rig.Platform.EdmaCounters.Aborts} aborts");
            rig.AssertClean();
        }
    }

    [Fact]
    public void Many_bad_reads_among_good_ones_end_one_by_one()
    {
        using BoardRig rig = new();
        byte* buffer = rig.Platform.AllocateDmaMemory(Requests * BytesEach);
        rig.Start();
        for (int i = 1; i < Requests; i += 2)
        {
            rig.Host.AnswerBadly(BoardHost.MemoryAddress + ((ulong)i * Stride), 64, TlpStatus.UnsupportedRequest);
        }

        HostSegment* segments = stackalloc HostSegment[Requests];
        SubmitReads(rig, buffer, segments);
        rig.RunUntilIdle();
        for (int i = 0; i < Requests; i++)
        {
            Assert.Equal((i, i % 2 == 1 ? DmaStatus.HostError : DmaStatus.Success), (i, rig.Completions[i].Status));
            Assert.True(i % 2 == 1 || IsRead(rig, segments[i]), $"request {i}");
        }

        rig.AssertClean();
    }

    [Fact]
    public void Writes_go_on_while_reads_fail()
    {
        using BoardRig rig = new();
        byte* buffer = rig.Platform.AllocateDmaMemory(Requests * BytesEach);
        rig.Start();
        rig.Host.AnswerBadly(BoardHost.MemoryAddress, 64, TlpStatus.Timeout);
        HostSegment* segments = stackalloc HostSegment[2];
        new Random(1).NextBytes(new Span<byte>(buffer, BytesEach));
        segments[0] = new HostSegment { HostAddress = BoardHost.MemoryAddress, Local = buffer + 4096, LengthBytes = 64 };
        segments[1] = new HostSegment { HostAddress = BoardHost.MemoryAddress + Stride, Local = buffer, LengthBytes = BytesEach };
        Assert.True(rig.Platform.HostDma.TrySubmit(DmaDirection.HostToDevice, segments, 1, 1));
        Assert.True(rig.Platform.HostDma.TrySubmit(DmaDirection.DeviceToHost, segments + 1, 1, 2));
        rig.RunUntil(() => rig.Completions.Count == 1, "the write ends");
        Assert.Equal(2u, rig.Completions[0].Tag);
        Assert.Equal(1, rig.Platform.HostDma.InFlight);
        rig.RunUntilIdle();
        Assert.Equal(DmaStatus.HostError, rig.Completions[1].Status);
        Assert.True(IsRead(rig, segments[1]));
        rig.AssertClean();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Random_faults_lose_nothing_and_corrupt_nothing(int seed)
    {
        using BoardRig rig = new(new BoardRigOptions { Seed = (ulong)seed });
        using TransferMix mix = new(rig, seed);
        rig.Start();
        rig.Faults.UnsupportedRequestPerMillion = 300;
        rig.Faults.CompleterAbortPerMillion = 300;
        rig.Faults.TimeoutPerMillion = 100;
        rig.Faults.PoisonPerMillion = 300;
        rig.Faults.LocalErrorPerMillion = 300;
        rig.Faults.FetchErrorPerMillion = 2_000;
        rig.Faults.ReadsOutOfOrder = true;
        rig.Faults.DoneBeforeStop = true;
        rig.Faults.AbortNeedsErrorEnable = true;
        rig.Faults.CompletionTimeoutNanoseconds = 100_000;
        rig.Faults.PostedDelayNanoseconds = 3_000;
        for (int round = 0; round < 40; round++)
        {
            mix.SubmitSome();
            rig.RunUntilIdle();

            // Writes are posted: what has left may still be on its way.
            rig.Soc.Advance(10_000);
            mix.CheckAll(allowErrors: true);
        }

        Assert.True(rig.Platform.EdmaCounters!.Aborts > 0, "the faults were met");
        rig.AssertClean();
    }

    [Fact]
    public void A_stuck_channel_is_reset_and_what_was_lost_runs_again()
    {
        using BoardRig rig = new();
        byte* buffer = rig.Platform.AllocateDmaMemory(Requests * BytesEach);
        rig.Start();
        HostSegment* segments = stackalloc HostSegment[Requests];
        rig.Faults.StallPerMillion = 1_000_000;
        SubmitReads(rig, buffer, segments);
        rig.RunTurns(100);
        rig.Faults.StallPerMillion = 0;
        rig.Soc.Advance(1_000_000_000);
        rig.RunUntilIdle();
        for (int i = 0; i < Requests; i++)
        {
            Assert.Equal((i, DmaStatus.Success), (i, rig.Completions[i].Status));
            Assert.True(IsRead(rig, segments[i]), $"request {i}");
        }

        Assert.Equal(1u, rig.Platform.EdmaCounters!.Stalls);
        rig.AssertClean();
    }

    [Fact]
    public void A_link_that_drops_in_the_middle_ends_everything_and_comes_back_working()
    {
        for (int drop = 1; drop < 200; drop += 13)
        {
            using BoardRig rig = new(new BoardRigOptions { Seed = (ulong)drop });
            using TransferMix mix = new(rig, drop);
            rig.Faults.EdmaRegistersLost = drop % 2 == 0;
            rig.Faults.IatuLosesTargets = true;
            rig.Start();
            mix.SubmitSome();
            rig.Faults.DropLinkAfterTlps = drop;
            rig.RunUntilIdle();
            mix.CheckAll(allowErrors: true);
            Assert.Equal(mix.Errors == 0, rig.Faults.DropLinkAfterTlps > 0 || !rig.Handler.Events.Contains("reset"));
            rig.Faults.DropLinkAfterTlps = 0;
            rig.ConnectHost();
            mix.SubmitSome();
            rig.RunUntilIdle();
            mix.CheckAll(allowErrors: false);
            rig.AssertClean();
        }
    }

    [Fact]
    public void A_reset_holds_the_link_until_the_firmware_is_quiescent()
    {
        using BoardRig rig = new();
        rig.Start();
        rig.Handler.IsQuiescent = false;
        rig.Soc.Host.HotReset();
        rig.RunTurns(5_000);
        Assert.Contains("reset", rig.Handler.Events);
        Assert.False(rig.Soc.Host.IsLinkUp, "training waits");
        Assert.False(rig.Platform.IsBusMasterEnabled);
        rig.Handler.IsQuiescent = true;
        rig.ConnectHost();
        Assert.Equal("up", rig.Handler.Events[^1]);
        rig.AssertClean();
    }

    [Theory]
    [InlineData(10)]
    [InlineData(40)]
    [InlineData(12)]
    public void A_firmware_that_died_in_the_middle_is_followed_by_one_that_works(int turns)
    {
        using BoardRig rig = new(new BoardRigOptions { Seed = (ulong)turns });
        using TransferMix first = new(rig, turns);
        rig.Start();
        nint window = rig.Platform.OpenWindow(BoardHost.MemoryAddress + 0x40, 64);
        first.SubmitSome();
        rig.RunTurns(turns);
        Assert.NotEqual(0, rig.Platform.HostDma.InFlight);
        rig.Faults.LateTranslation = true;
        rig.Faults.PostedDelayNanoseconds = 20_000;
        Nvmepf.Hal.Mmio.Mmio.Write32((uint*)window, 0x600D);
        rig.CrashAndStart();
        Assert.True(rig.Platform.Endpoint.IsLinkKept);
        Assert.Equal(0x600Du, BitConverter.ToUInt32(rig.Host.Memory, 0x40));
        rig.Completions.Clear();
        using TransferMix second = new(rig, turns + 1);
        for (int round = 0; round < 10; round++)
        {
            second.SubmitSome();
            rig.RunUntilIdle();
            rig.Soc.Advance(30_000);
            second.CheckAll(allowErrors: false);
        }

        rig.AssertClean();
        Assert.Equal(0, rig.Host.StrayWrites);
    }

    [Fact]
    public void Requests_without_a_link_end_at_once()
    {
        using BoardRig rig = new();
        byte* buffer = rig.Platform.AllocateDmaMemory(4096);
        HostSegment segment = new() { HostAddress = BoardHost.MemoryAddress, Local = buffer, LengthBytes = 64 };
        Assert.True(rig.Platform.HostDma.TrySubmit(DmaDirection.DeviceToHost, &segment, 1, 9));
        rig.TakeCompletions();
        DmaCompletion only = Assert.Single(rig.Completions);
        Assert.Equal((9UL, DmaStatus.LinkLost), (only.Tag, only.Status));
    }

    private static void SubmitReads(BoardRig rig, byte* buffer, HostSegment* segments)
    {
        for (int i = 0; i < Requests; i++)
        {
            segments[i] = new HostSegment { HostAddress = BoardHost.MemoryAddress + ((ulong)i * Stride), Local = buffer + (i * BytesEach), LengthBytes = BytesEach };
            new Random(i).NextBytes(rig.Host.Memory.AsSpan((int)((ulong)i * Stride), BytesEach));
            Assert.True(rig.Platform.HostDma.TrySubmit(DmaDirection.HostToDevice, segments + i, 1, (ulong)i));
        }
    }

    private static bool IsRead(BoardRig rig, in HostSegment segment) =>
        new Span<byte>(segment.Local, (int)segment.LengthBytes)
            .SequenceEqual(rig.Host.Memory.AsSpan((int)(segment.HostAddress - BoardHost.MemoryAddress), (int)segment.LengthBytes));
}
