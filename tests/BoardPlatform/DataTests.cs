// Data through the platform: scatter lists of any shape in both directions over every kind of memory and engine, checked byte by byte.
using Nvmepf.Hal;
using Nvmepf.SocModel;
using Xunit;
using Xunit.Abstractions;

namespace Nvmepf.Tests.BoardPlatform;

public sealed unsafe class DataTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(1, false, false, true)]
    [InlineData(2, true, false, true)]
    [InlineData(3, true, true, true)]
    [InlineData(4, false, false, false)]
    [InlineData(5, true, true, false)]
    public void Scatter_lists_arrive_as_they_were_sent(int seed, bool barInCarveOut, bool buffersInCarveOut, bool usesDma)
    {
        using BoardRig rig = new(new BoardRigOptions
        {
            Seed = (ulong)seed,
            HasBarInCarveOut = barInCarveOut,
            HasBuffersInCarveOut = buffersInCarveOut,
            UsesDma = usesDma,
        });
        rig.Dram.EvictionPerMillion = 2_000;
        rig.Dram.RefetchPerMillion = 100_000;
        using TransferMix mix = new(rig, seed);
        rig.Start();
        for (int round = 0; round < (usesDma ? 30 : 8); round++)
        {
            mix.SubmitSome();
            rig.RunUntilIdle();
            mix.CheckAll(allowErrors: false);
        }

        rig.AssertClean();
        Assert.Equal(0, rig.Host.StrayWrites);
    }

    [Fact]
    public void Without_cache_maintenance_the_model_complains()
    {
        using BoardRig rig = new(new BoardRigOptions { ForgetsCaches = true });
        using TransferMix mix = new(rig, 1);
        rig.Start();

        // The first time round the caches hold nothing yet.
        for (int round = 0; round < 4; round++)
        {
            mix.SubmitSome();
            rig.RunTurns(500);
        }

        Assert.NotEqual(0, rig.Soc.Violations.Count(ViolationKind.StaleDeviceRead));
    }

    [Fact]
    public void Each_request_ends_once_while_others_come()
    {
        using BoardRig rig = new();
        using TransferMix mix = new(rig, 7);
        rig.Start();
        for (int round = 0; round < 20; round++)
        {
            mix.SubmitSome();
            rig.RunTurns(3);
        }

        rig.RunUntilIdle();
        mix.CheckAll(allowErrors: false);
        rig.AssertClean();
    }

    [Theory]
    [InlineData(DmaDirection.HostToDevice)]
    [InlineData(DmaDirection.DeviceToHost)]
    public void What_is_short_does_not_wait_for_what_was_long_before_it(DmaDirection direction)
    {
        const uint LongBytes = 96 << 10; // three lists, of which two run
        using BoardRig rig = new();
        byte* buffer = rig.Platform.AllocateDmaMemory(LongBytes + 4096);
        rig.Start();
        HostSegment* segments = stackalloc HostSegment[2];
        segments[0] = new HostSegment { HostAddress = BoardHost.MemoryAddress, Local = buffer, LengthBytes = LongBytes };
        segments[1] = new HostSegment { HostAddress = BoardHost.MemoryAddress + LongBytes, Local = buffer + LongBytes, LengthBytes = 64 };
        Assert.True(rig.Platform.HostDma.TrySubmit(direction, segments, 1, 1));
        rig.RunTurns(2);
        Assert.True(rig.Platform.HostDma.TrySubmit(direction, segments + 1, 1, 2));
        rig.RunUntilIdle();
        Assert.Equal([2ul, 1ul], rig.Completions.ConvertAll(completion => completion.Tag));
        rig.AssertClean();
    }

    [Fact]
    public void A_full_queue_refuses_and_takes_again_later()
    {
        using BoardRig rig = new();
        byte* buffer = rig.Platform.AllocateDmaMemory(4096);
        rig.Start();
        HostSegment segment = new() { HostAddress = BoardHost.MemoryAddress, Local = buffer, LengthBytes = 64 };
        int taken = 0;
        while (rig.Platform.HostDma.TrySubmit(DmaDirection.HostToDevice, &segment, 1, (ulong)taken))
        {
            taken++;
        }

        Assert.InRange(taken, 32, 4096);
        rig.RunUntilIdle();
        Assert.Equal(taken, rig.Completions.Count);
        Assert.True(rig.Platform.HostDma.TrySubmit(DmaDirection.HostToDevice, &segment, 1, 0));
        rig.RunUntilIdle();
        rig.AssertClean();
    }

    [Fact]
    public void What_one_turn_submits_shares_a_list()
    {
        using BoardRig rig = new();
        byte* buffer = rig.Platform.AllocateDmaMemory(64 * 1024);
        rig.Start();
        HostSegment* segments = stackalloc HostSegment[16];
        for (int i = 0; i < 16; i++)
        {
            segments[i] = new HostSegment { HostAddress = BoardHost.MemoryAddress + ((ulong)i * 4096), Local = buffer + (i * 64), LengthBytes = 64 };
            Assert.True(rig.Platform.HostDma.TrySubmit(DmaDirection.HostToDevice, segments + i, 1, (ulong)i));
        }

        rig.RunUntilIdle();
        Assert.Equal(1u, rig.Platform.EdmaCounters!.ListRuns);
        Assert.Equal(16u, rig.Platform.EdmaCounters.Elements);
        rig.AssertClean();
    }

    [Fact]
    public void Requests_that_are_gathered_cost_a_fraction_of_the_register_accesses()
    {
        long oneByOne = AccessesOf(requests: 32, atOnce: 1);
        long together = AccessesOf(requests: 32, atOnce: 32);
        output.WriteLine($"32 reads of 4 KiB: {oneByOne} register accesses one by one, {together} together");
        Assert.True(together * 4 < oneByOne, $"{together} against {oneByOne}");
    }

    [Fact]
    public void Host_memory_at_the_windows_own_addresses_is_reached()
    {
        foreach (bool hasBypass in new[] { true, false })
        {
            using BoardRig rig = new();
            rig.Faults.NoDmaBypass = !hasBypass;
            byte* buffer = rig.Platform.AllocateDmaMemory(16384);
            rig.Start();
            Assert.Equal(hasBypass, rig.Platform.Windows.HasDmaBypass);
            new Random(5).NextBytes(rig.Host.ApertureMemory.AsSpan(0, 8192));
            HostSegment segment = new() { HostAddress = BoardHost.ApertureMemoryAddress, Local = buffer, LengthBytes = 8192 };
            Assert.True(rig.Platform.HostDma.TrySubmit(DmaDirection.HostToDevice, &segment, 1, 1));
            rig.RunUntilIdle();
            Assert.True(new Span<byte>(buffer, 8192).SequenceEqual(rig.Host.ApertureMemory.AsSpan(0, 8192)));
            segment.HostAddress += 0x8001;
            segment.LengthBytes = 8000;
            Assert.True(rig.Platform.HostDma.TrySubmit(DmaDirection.DeviceToHost, &segment, 1, 2));
            rig.RunUntilIdle();
            Assert.True(new Span<byte>(buffer, 8000).SequenceEqual(rig.Host.ApertureMemory.AsSpan(0x8001, 8000)));
            Assert.All(rig.Completions, completion => Assert.Equal(DmaStatus.Success, completion.Status));
            rig.AssertClean();
        }
    }

    [Fact]
    public void Nothing_is_allocated_after_start()
    {
        using BoardRig rig = new();
        using TransferMix mix = new(rig, 3);
        rig.Start();
        mix.SubmitSome();
        rig.RunUntilIdle();
        mix.CheckAll(allowErrors: false);
        mix.SubmitSome();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 2000 && rig.Platform.HostDma.InFlight != 0; i++)
        {
            rig.Turn();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(0, rig.Platform.HostDma.InFlight);
    }

    private static long AccessesOf(int requests, int atOnce)
    {
        using BoardRig rig = new();
        byte* buffer = rig.Platform.AllocateDmaMemory((nuint)requests * 4096);
        rig.Start();
        long before = rig.Soc.Counters.RegisterReads + rig.Soc.Counters.RegisterWrites;
        HostSegment* segments = stackalloc HostSegment[requests];
        for (int i = 0; i < requests; i++)
        {
            segments[i] = new HostSegment { HostAddress = BoardHost.MemoryAddress + ((ulong)i * 8192), Local = buffer + (i * 4096), LengthBytes = 4096 };
            Assert.True(rig.Platform.HostDma.TrySubmit(DmaDirection.HostToDevice, segments + i, 1, (ulong)i));
            if ((i + 1) % atOnce == 0)
            {
                rig.RunUntilIdle();
            }
        }

        rig.AssertClean();
        return rig.Soc.Counters.RegisterReads + rig.Soc.Counters.RegisterWrites - before;
    }
}
