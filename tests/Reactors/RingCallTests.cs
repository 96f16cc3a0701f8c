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
}
