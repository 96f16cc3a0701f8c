using Nvmepf.Firmware.Reactors;
using Nvmepf.Hal;
using Xunit;

namespace Nvmepf.Tests.Reactors;

/// <summary>The rings between reactors, and the DMA that travels in them.</summary>
public sealed class RingTests
{
    [Fact]
    public async Task What_one_thread_adds_another_takes_in_order_and_whole()
    {
        const int Items = 100_000;
        SpscRing<(long One, long Other)> ring = new(16);
        Task writer = Task.Factory.StartNew(
            () =>
            {
                for (long i = 0; i < Items;)
                {
                    if (ring.TryAdd((i, ~i)))
                    {
                        i++;
                    }
                    else
                    {
                        Thread.Yield();
                    }
                }
            },
            TaskCreationOptions.LongRunning);
        for (long i = 0; i < Items;)
        {
            if (!ring.TryPeek(out (long One, long Other) item))
            {
                Thread.Yield();
                continue;
            }

            ring.Remove();
            Assert.Equal((i, ~i), item);
            i++;
        }

        await writer;
        Assert.True(ring.IsEmpty);
        Assert.Equal(16, ring.FreeCount);
    }

    [Fact]
    public void A_full_ring_refuses_and_takes_again_once_there_is_room()
    {
        SpscRing<int> ring = new(2);
        Assert.True(ring.TryAdd(1));
        Assert.True(ring.TryAdd(2));
        Assert.False(ring.TryAdd(3));
        Assert.True(ring.TryPeek(out int first));
        Assert.Equal(1, first);
        ring.Remove();
        Assert.True(ring.TryAdd(3));
    }

    [Fact]
    public unsafe void Forwarded_dma_keeps_order_waits_where_the_platform_is_full_and_comes_back_with_its_tags()
    {
        ForwardedDma dma = new(new ReactorLink(0));
        Platform platform = new() { Room = 1 };
        HostSegment segment = new() { HostAddress = 0x1000, LengthBytes = 16 };
        Assert.True(dma.TrySubmit(DmaDirection.HostToDevice, &segment, 1, 5));
        Assert.True(dma.TrySubmit(DmaDirection.DeviceToHost, &segment, 1, 6));
        dma.Forward(platform, 1ul << 48);
        Assert.Equal([5 | (1ul << 48)], platform.Tags);
        Assert.True(dma.HasRequests);
        platform.Room = 1;
        dma.Forward(platform, 1ul << 48);
        Assert.Equal([5 | (1ul << 48), 6 | (1ul << 48)], platform.Tags);
        dma.Complete(5, DmaStatus.Success);
        dma.Complete(6, DmaStatus.HostError);
        Assert.Equal(2, dma.InFlight);
        DmaCompletion* completions = stackalloc DmaCompletion[4];
        Assert.Equal(2, dma.Poll(completions, 4));
        Assert.Equal((5ul, DmaStatus.Success), (completions[0].Tag, completions[0].Status));
        Assert.Equal((6ul, DmaStatus.HostError), (completions[1].Tag, completions[1].Status));
        Assert.Equal(0, dma.InFlight);
    }

    /// <summary>Takes as many requests as it has room for.</summary>
    private sealed unsafe class Platform : IHostDma
    {
        public int Room { get; set; }

        public List<ulong> Tags { get; } = [];

        public int InFlight => Tags.Count;

        public bool TrySubmit(DmaDirection direction, HostSegment* segments, int segmentCount, ulong tag)
        {
            if (Room == 0)
            {
                return false;
            }

            Room--;
            Tags.Add(tag);
            return true;
        }

        public int Poll(DmaCompletion* completions, int capacity) => 0;
    }
}
