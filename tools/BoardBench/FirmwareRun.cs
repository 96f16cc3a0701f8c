using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.SocModel;
using Nvmepf.Spec;

namespace Nvmepf.BoardBench;

/// <summary>Our firmware and our platform, as they run on a board, under a workload of the simulated host.</summary>
internal static class FirmwareRun
{
    private const int ChannelsPerDirection = 2;
    private const uint Configuration = 0x0046_0001; // CC: enabled, entries of 64 and 16 bytes

    internal static BenchResult Measure(BenchWorkload workload, BenchParameters parameters)
    {
        // Taken apart after the board, whose engine may still read its lists.
        using NullBackend backend = new((ulong)ModelHost.NamespaceBlocks * 512);
        backend.Open();
        NvmeNamespace[] namespaces = [new NvmeNamespace(1, backend, 512, Guid.NewGuid(), new byte[16])];
        ControllerSettings settings = new()
        {
            SubsystemNqn = "nqn.2014-08.org.nvmexpress:uuid:bench",
            Serial = "BENCH",
            MaximumTransferBytes = 128 * 1024,
            SmallTransferBuffers = 256,
            IoQueueCount = workload.Queues,
        };
        BenchBoard? started = null;
        NvmeController? controller = null;
        try
        {
            started = new BenchBoard(parameters, workload.Queues);
            controller = new NvmeController(settings, started.Platform, new NamespaceTable(namespaces), started.Log);
            return Measure(started, controller, workload);
        }
        finally
        {
            started?.Dispose();
            controller?.Dispose();
        }
    }

    private static BenchResult Measure(BenchBoard board, NvmeController controller, BenchWorkload workload)
    {
        BenchParameters parameters = board.Parameters;
        Turns turns = new(board, controller, workload);
        board.Start(controller, workload.Queues, turns.Turn);
        Enable(board, turns.Turn);
        CreateQueues(board, workload.Queues, turns.Turn);
        board.Host.Start(workload);
        turns.RunFor(parameters.WarmUpNanoseconds);
        Measurement before = turns.Take();
        turns.RunFor(parameters.MeasuredNanoseconds);
        Measurement figures = turns.Take().Since(before);
        board.CheckViolations();
        return new BenchResult(workload, figures, ChannelsPerDirection);
    }

    private static void Enable(BenchBoard board, Action turn)
    {
        ModelHost host = board.Host;
        QueueAddresses admin = ModelHost.AddressesOf(0);
        host.WriteRegister(0x24, 0x001F_001F);
        host.WriteRegister(0x28, (uint)admin.Submission);
        host.WriteRegister(0x2C, (uint)(admin.Submission >> 32));
        host.WriteRegister(0x30, (uint)admin.Completion);
        host.WriteRegister(0x34, (uint)(admin.Completion >> 32));
        host.WriteRegister(0x14, Configuration);
        board.RunUntil(() => (host.ReadRegister(0x1C) & 1) != 0, turn, "the controller does not become ready");
    }

    private static void CreateQueues(BenchBoard board, int queues, Action turn)
    {
        int index = 0;
        for (uint queue = 1; queue <= (uint)queues; queue++)
        {
            QueueAddresses addresses = ModelHost.AddressesOf((int)queue);
            uint size = ((ModelHost.QueueEntries - 1) << 16) | queue;
            Execute(board, turn, index++, new SubmissionQueueEntry
            {
                Cdw0 = new CommandDword0(0x05), Prp1 = addresses.Completion, Cdw10 = size, Cdw11 = (queue << 16) | 3,
            });
            Execute(board, turn, index++, new SubmissionQueueEntry
            {
                Cdw0 = new CommandDword0(0x01), Prp1 = addresses.Submission, Cdw10 = size, Cdw11 = (queue << 16) | 1,
            });
        }
    }

    private static void Execute(BenchBoard board, Action turn, int index, SubmissionQueueEntry entry)
    {
        board.Host.SendAdmin(in entry, index);
        board.RunUntil(() => board.Host.TryTakeAdmin(index), turn, "an admin command does not end");
    }

    /// <summary>Turns of the reactor, and what they cost the CPU beyond accesses.</summary>
    private sealed class Turns(BenchBoard board, NvmeController controller, BenchWorkload workload)
    {
        private readonly BenchParameters _parameters = board.Parameters;
        private readonly int _fillNanosecondsPerRead =
            (int)((long)board.Parameters.FillsPerRead * workload.BlockBytes * 1000 / board.Parameters.FillBytesPerMicrosecond);

        private long _cpuBusyNanoseconds;
        private ulong _charged;

        internal void RunFor(long nanoseconds)
        {
            long end = board.Soc.NowNanoseconds + nanoseconds;
            while (board.Soc.NowNanoseconds < end)
            {
                board.Host.Run(board.Soc.NowNanoseconds);
                Turn();
            }
        }

        internal void Turn()
        {
            long start = board.Soc.NowNanoseconds;
            long engineWrites = EngineWrites;
            _ = board.Platform.Poll();
            _ = controller.Turn(board.Platform.NowNanoseconds);

            // What a command computes is spread over the turns that it is in; it is charged where it ends.
            ulong ended = controller.Engine.CompletedCount - _charged;
            _charged += ended;
            long fill = (long)ended * _fillNanosecondsPerRead * workload.ReadPercent / 100;
            board.Soc.Advance(_parameters.TurnNanoseconds + ((long)ended * _parameters.CommandNanoseconds) + fill);
            _cpuBusyNanoseconds += ended != 0 || EngineWrites != engineWrites ? board.Soc.NowNanoseconds - start : 0;
        }

        internal Measurement Take() => Measurement.Take(board.Soc, board.Host, board.Trap, _cpuBusyNanoseconds);

        private long EngineWrites => board.Soc.Counters.WritesOf(RegisterBlock.Edma);
    }
}
