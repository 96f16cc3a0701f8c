using Nvmepf.HostDriver.Nvme;
using Nvmepf.HostDriver.VfioUser;
using Nvmepf.Spec;
using Xunit;

namespace Nvmepf.Tests.HostDriver;

/// <summary>
/// Weighted round robin of the firmware as a process, measured by the userspace host: all queues complete into one completion queue, whose order
/// tells the shares. No clock is involved.
/// </summary>
[Collection("firmware process")]
public sealed class ArbitrationTests
{
    private const int Entries = 512;
    private const int CommandBytes = 64 * 1024;
    private const int CommandBytesMax = 128 * 1024;

    [Theory]
    [InlineData(8, 4, 2)]
    [InlineData(1, 1, 1)]
    [InlineData(60, 30, 10)]
    public void The_userspace_host_sees_the_weights_honoured(int high, int medium, int low)
    {
        using var firmware = new FirmwareProcess("--namespace", "ram:64M", "--queues", "8");
        using NvmeHost host = Connect(firmware);
        SetArbitration(host, 3, high, medium, low);
        QueuePriority[] priorities = [QueuePriority.Low, QueuePriority.Medium, QueuePriority.High];
        List<int> order = CompletionOrder(host, priorities, [340, 340, 340]);

        // From when all three compete to when the first has nothing left.
        int first = order.IndexOf(3);
        int last = priorities.Select((_, queue) => order.LastIndexOf(queue + 1)).Min();
        List<int> contested = order[first..last];
        Assert.True(contested.Count > 250, $"{contested.Count} of {order.Count} commands were contested");
        double sum = high + medium + low;
        Assert.Equal(low / sum, contested.Count(queue => queue == 1) / (double)contested.Count, 0.05);
        Assert.Equal(medium / sum, contested.Count(queue => queue == 2) / (double)contested.Count, 0.05);
        Assert.Equal(high / sum, contested.Count(queue => queue == 3) / (double)contested.Count, 0.05);
    }

    [Fact]
    public void The_userspace_host_sees_urgent_commands_first()
    {
        using var firmware = new FirmwareProcess("--namespace", "ram:64M", "--queues", "8");
        using NvmeHost host = Connect(firmware);
        SetArbitration(host, 6, 255, 255, 255);
        List<int> order = CompletionOrder(host, [QueuePriority.Low, QueuePriority.High, QueuePriority.Urgent], [340, 340, 340]);
        int first = order.IndexOf(3);
        Assert.Equal(0, first);
        Assert.Equal(339, order.LastIndexOf(3));
    }

    [Fact]
    public void The_userspace_host_sees_plain_round_robin_treat_all_alike()
    {
        using var firmware = new FirmwareProcess("--namespace", "ram:64M", "--queues", "8");
        using NvmeHost host = firmware.Connect();
        host.Enable();
        SetArbitration(host, 2, 255, 1, 1);
        List<int> order = CompletionOrder(host, [QueuePriority.Low, QueuePriority.High, QueuePriority.Urgent], [340, 340, 340]);
        List<int> contested = order[order.IndexOf(3)..Enumerable.Range(1, 3).Min(queue => order.LastIndexOf(queue))];
        Assert.True(contested.Count > 250, $"{contested.Count} of {order.Count} commands were contested");
        for (int queue = 1; queue <= 3; queue++)
        {
            Assert.Equal(1.0 / 3, contested.Count(other => other == queue) / (double)contested.Count, 0.05);
        }
    }

    [Fact]
    public void The_userspace_host_sees_a_quiet_queue_wait_for_one_burst_of_a_noisy_one_at_a_time()
    {
        const int Burst = 4;
        const int Quiet = 32;
        using var firmware = new FirmwareProcess("--namespace", "ram:64M", "--queues", "8");
        using NvmeHost host = firmware.Connect();
        host.Enable();
        SetArbitration(host, 2, 1, 1, 1);
        List<int> order = CompletionOrder(host, [QueuePriority.Low, QueuePriority.Low], [500, Quiet], [128 * 1024, 4096]);

        // Turn by turn a burst of each; of the noisy queue one more, which may have been first.
        int overtaking = order.Take(order.LastIndexOf(2)).Count(queue => queue == 1);
        Assert.True(overtaking <= Quiet + (2 * Burst), $"{overtaking} commands of 128 KiB overtook {Quiet} of 4 KiB");
        Assert.True(overtaking >= Quiet - (2 * Burst), $"only {overtaking} commands of 128 KiB were served beside {Quiet} of 4 KiB");
    }

    private static NvmeHost Connect(FirmwareProcess firmware)
    {
        NvmeHost host = firmware.Connect(new NvmeHostOptions { Arbitration = ArbitrationMechanism.WeightedRoundRobinWithUrgent });
        host.Enable();
        return host;
    }

    private static void SetArbitration(NvmeHost host, uint burstLog2, int high, int medium, int low)
    {
        uint value = burstLog2 | ((uint)(low - 1) << 8) | ((uint)(medium - 1) << 16) | ((uint)(high - 1) << 24);
        NvmeHost.ThrowIfError(host.Admin(NvmeCommands.SetFeatures(0x01, value)), "Set Features 01h");
    }

    /// <summary>Fills a queue of each priority, rings all doorbells, and returns the queues in the order in which their commands completed.</summary>
    private static List<int> CompletionOrder(NvmeHost host, QueuePriority[] priorities, int[] counts, int[]? lengthsBytes = null)
    {
        HostCompletionQueue completion = host.CreateCompletionQueue(8, 1024); // a place for every completion: credit decides nothing
        HostBuffer data = host.Arena.Allocate(CommandBytesMax, 4096);
        var queues = new HostSubmissionQueue[priorities.Length];
        for (int i = 0; i < queues.Length; i++)
        {
            int lengthBytes = lengthsBytes is null ? CommandBytes : lengthsBytes[i];
            SubmissionQueueEntry read = NvmeCommands.BlockCommand(NvmOpcode.Read, 1, 0, lengthBytes / 512)
                .WithPrp(PrpBuilder.Contiguous(data.Address, lengthBytes, 4096, host.Arena.Allocate(4096, 4096)));
            queues[i] = host.CreateSubmissionQueue((ushort)(i + 1), Entries, completion, priorities[i]);
            for (int n = 0; n < counts[i]; n++)
            {
                read.Cdw0 = read.Cdw0 with { CommandIdentifier = (ushort)n };
                queues[i].Push(in read);
            }
        }

        // Nothing is fetched without bus mastering: the doorbells are all rung before the controller looks, however long this thread has to wait.
        host.Function.DisableBusMaster();
        foreach (HostSubmissionQueue queue in queues)
        {
            queue.RingTail();
        }

        host.Function.EnableBusMaster();
        List<int> order = [];
        Deadline deadline = Deadline.After(TimeSpan.FromSeconds(60));
        while (order.Count < counts.Sum())
        {
            Assert.False(deadline.Passed, $"{order.Count} of {counts.Sum()} commands have completed");
            if (completion.TryTake(out CompletionQueueEntry entry))
            {
                Assert.True(entry.CompletionStatus.Status.IsSuccess);
                order.Add(entry.SubmissionQueueIdentifier);
                completion.RingHead();
            }
        }

        return order;
    }
}
