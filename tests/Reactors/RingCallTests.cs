using Nvmepf.Firmware.Namespaces;
using Nvmepf.Spec;
using Nvmepf.Tests.Io;
using Nvmepf.Tests.Linux;
using Nvmepf.Tests.Support;
using Xunit;

namespace Nvmepf.Tests.Reactors;

/// <summary>A reactor and its real ring: how many system calls a turn takes.</summary>
public sealed class RingCallTests
{
    [Fact]
    public void A_turn_enters_the_ring_once_at_most_and_not_at_all_when_nothing_is_under_way()
    {
        using TemporaryFile file = new(1 << 20);
        using IoHost host = new([new FileBackend(file.Path)]);
        const int Commands = 2000;
        int done = 0;
        int submitted = 0;
        ulong worst = 0;
        for (int turns = 0; done < Commands && turns < 50_000_000; turns++)
        {
            while (submitted < Commands && submitted - done < 16)
            {
                _ = host.Queue.Put(host.Make(NvmOpcode.Read, (ulong)(submitted * 37 % 2040), 8, (submitted & 15) * 4096));
                submitted++;
            }

            host.Queue.RingTail();
            ulong before = host.Reactor.Statistics.RingEnters;
            host.Host.RunTurns(1);
            worst = Math.Max(worst, host.Reactor.Statistics.RingEnters - before);
            while (host.Host.TryReap(1, out CompletionQueueEntry entry))
            {
                Assert.False(entry.CompletionStatus.Status.IsError);
                done++;
            }
        }

        Assert.Equal(Commands, done);
        Assert.Equal(1ul, worst);
        ulong total = host.Reactor.Statistics.RingEnters;
        for (int turn = 0; turn < 1000; turn++)
        {
            host.Host.RunTurns(1);
        }

        Assert.Equal(total, host.Reactor.Statistics.RingEnters);
        Assert.Null(host.Host.ProtocolError);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Transfer_buffers_are_registered_once_they_are_used_and_host_memory_is_not_unless_it_is_asked_for(bool isMemoryDirect)
    {
        using TemporaryFile file = new(1 << 20);
        using IoHost host = new([new FileBackend(file.Path, blockBytes: 4096)], isMemoryDirect, blockBytes: 4096);
        byte[] data = new byte[4 * 4096];
        for (int i = 0; i < 32; i++)
        {
            new Random(i).NextBytes(data);
            host.Write((ulong)(i * 4), data);
            Assert.Equal(data, host.Read((ulong)(i * 4), 4, 65536));
        }

        ulong used = host.Reactor.Statistics.FixedTransfers;
        Assert.True(isMemoryDirect ? used == 0 : used > 32, $"{used} of 64 transfers used registered memory");
        Assert.Null(host.Host.ProtocolError);
    }

    [Fact]
    public void Registered_memory_is_used_and_forgotten_when_the_host_changes_its_memory()
    {
        using TemporaryFile file = new(1 << 20);
        using IoHost host = new([new FileBackend(file.Path, blockBytes: 4096)], blockBytes: 4096, registersMemory: true);
        byte[] data = new byte[4096];
        ulong address = host.Host.Options.MemoryAddress;
        ulong length = host.Host.Options.MemoryLengthBytes;
        for (int round = 0; round < 5; round++)
        {
            ulong before = host.Reactor.Statistics.FixedTransfers;
            for (int i = 0; i < 8; i++)
            {
                new Random((round * 8) + i).NextBytes(data);
                host.Write((ulong)i, data, 4096 * i);
                Assert.Equal(data, host.Read((ulong)i, 1, 4096 * (i ^ 1)));
            }

            Assert.True(host.Reactor.Statistics.FixedTransfers > before + 8, "memory that is used is registered");

            // The host's queues and data are copied over into what it maps next.
            byte[] kept = host.Host.Memory.Bytes(address, (int)length).ToArray();
            host.Platform.QueueUnmap(address, length);
            host.Host.Settle();
            kept.CopyTo(host.Host.Memory.Bytes(address, (int)length));
            host.Platform.QueueMap(address, length, isDirect: true);
            host.Host.Settle();
        }

        Assert.Null(host.Host.ProtocolError);
    }
}
