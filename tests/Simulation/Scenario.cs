// What a seed decides before the first step: which platform, how many queues, what goes wrong and how often. Each seed has a few kinds of
// trouble and not all of them, so that one kind does not hide another.
using Nvmepf.Firmware.Controller;
using Nvmepf.Hal.Rk3588;
using Nvmepf.SocModel;

namespace Nvmepf.Tests.Simulation;

internal sealed record Scenario
{
    public const int MaximumTransferBytes = 32 * 1024;

    /// <summary>Most data of one command of the host: above the small transfer buffers, and what a job has room for.</summary>
    public const int CommandBytesMax = 20 * 1024;

    /// <summary>One seed in so many runs on the fake platform, the others on the register model of the board.</summary>
    public const ulong OneFakeIn = 5;

    public ulong Seed { get; private init; }

    /// <summary>On the register model of the board, or on the fake platform.</summary>
    public bool IsBoard { get; private init; }

    public BoardScenario Board { get; private init; } = new();

    public bool TrapsRegisterWrites { get; private init; }

    public bool IsMemoryDirect { get; private init; }

    public bool HasWindows { get; private init; }

    public int QueuePairs { get; private init; }

    public int QueueEntries { get; private init; }

    public int AdminEntries { get; private init; }

    public int BlockBytes { get; private init; }

    public int TransferBuffers { get; private init; }

    public int SmallTransferBuffers { get; private init; }

    public int DmaRequestsMax { get; private init; }

    public bool IsInterruptDriven { get; private init; }

    /// <summary>How long the run is, in actions of the host.</summary>
    public int Actions { get; private init; }

    /// <summary>Steps of the machine between two actions, at most.</summary>
    public int StepsBetween { get; private init; }

    // One in so many: of backend operations, of DMA requests, of actions. 0 is never.
    public int BackendFails { get; private init; }

    public int BackendBusy { get; private init; }

    public int BackendInstant { get; private init; }

    public int DmaFails { get; private init; }

    public int BadPointers { get; private init; }

    public int Garbage { get; private init; }

    public int Aborts { get; private init; }

    public int Deletions { get; private init; }

    public int Resets { get; private init; }

    public int Flips { get; private init; }

    public int HotResets { get; private init; }

    public int LinkLosses { get; private init; }

    public int Shutdowns { get; private init; }

    public int BusMasterOff { get; private init; }

    public int GarbageDoorbells { get; private init; }

    public int Masks { get; private init; }

    public int HeadsHeld { get; private init; }

    public ControllerSettings Settings => new()
    {
        SubsystemNqn = "nqn.2014-08.org.nvmexpress:simulation",
        Serial = "SIMULATION",
        MaximumTransferBytes = MaximumTransferBytes,
        CommandSlots = 64,
        TransferBuffers = TransferBuffers,
        SmallTransferBuffers = SmallTransferBuffers,
        IoQueueCount = QueuePairs,
        QueueEntriesMax = 64,
        AdaptiveInterruptsMicroseconds = AdaptiveInterruptsMicroseconds,
    };

    /// <summary>Longest deferral of an interrupt: none, a short one, or one so long that nothing but the host's heads may end it.</summary>
    public int AdaptiveInterruptsMicroseconds { get; private init; }

    public static Scenario FromSeed(ulong seed)
    {
        SeededRandom random = new(seed);
        return new Scenario
        {
            Seed = seed,
            IsBoard = seed % OneFakeIn != 0,
            Board = new BoardScenario
            {
                StartState = random.Pick<SocStartState>([SocStartState.Cold, SocStartState.Powered, SocStartState.KernelDriver]),
                UsesDma = !random.OneIn(6),
                HasBuffersInCarveOut = random.OneIn(4),
                Interrupts = random.Pick<InterruptWay>([InterruptWay.Msix, InterruptWay.Msix, InterruptWay.Msi, InterruptWay.Level]),
                HasLinkFaults = random.OneIn(2),
                Fault = random.Below(7),
                Switches = DrawSwitches(new SeededRandom(seed ^ 0x5717C4)),
            },
            AdaptiveInterruptsMicroseconds = new SeededRandom(seed ^ 0xADA9).Pick<int>([0, 20, 100_000_000]),
            TrapsRegisterWrites = random.OneIn(3),
            IsMemoryDirect = random.OneIn(3),
            HasWindows = random.OneIn(2),
            QueuePairs = random.Between(1, 3),
            QueueEntries = random.Pick<int>([2, 3, 4, 8, 16, 33]),
            AdminEntries = random.Pick<int>([3, 4, 8, 32]),
            BlockBytes = random.OneIn(4) ? 4096 : 512,
            TransferBuffers = random.Between(1, 4),
            SmallTransferBuffers = random.Below(3),
            DmaRequestsMax = random.Pick<int>([1, 2, 6, 32]),
            IsInterruptDriven = random.OneIn(2),
            Actions = random.Between(30, 160),
            StepsBetween = random.Pick<int>([1, 3, 10]),
            BackendFails = Sometimes(random, 3, 4, 40),
            BackendBusy = Sometimes(random, 3, 2, 20),
            BackendInstant = random.Pick<int>([0, 1, 2, 5]),
            DmaFails = Sometimes(random, 3, 5, 60),
            BadPointers = Sometimes(random, 3, 3, 30),
            Garbage = Sometimes(random, 3, 3, 30),
            Aborts = Sometimes(random, 3, 4, 30),
            Deletions = Sometimes(random, 4, 8, 40),
            Resets = Sometimes(random, 4, 15, 60),
            Flips = Sometimes(random, 5, 15, 60),
            HotResets = Sometimes(random, 4, 20, 80),
            LinkLosses = Sometimes(random, 5, 20, 80),
            Shutdowns = Sometimes(random, 5, 20, 80),
            BusMasterOff = Sometimes(random, 6, 10, 40),
            GarbageDoorbells = Sometimes(random, 6, 20, 80),
            Masks = Sometimes(random, 3, 5, 30),
            HeadsHeld = Sometimes(random, 4, 5, 30),
        };
    }

    // Not drawn: what shows the host more than it can use here (address translation, resizable BARs, Command set by ourselves).
    // Not simulated at all: BAR 0 in cached memory, whose race with the host's stores is documented and cannot be closed; a firmware that dies
    // and is followed by another, which the board platform's own tests do.
    private static Rk3588Switches DrawSwitches(SeededRandom random) => new()
    {
        SeparateReferenceClock = !random.OneIn(3),
        OpenAllClockGates = random.OneIn(3),
        WaitForAllPhyStatus = random.OneIn(3),
        GrantLinkReset = random.OneIn(3),
        OfferPowerManagement = random.OneIn(4),
        KeepOutboundErrorDefaults = random.OneIn(4),
        DmaBypass = !random.OneIn(6),
        MsiByApb = random.OneIn(2),
    };

    /// <summary>In one seed of so many, a rate between the two; never in the others.</summary>
    private static int Sometimes(SeededRandom random, int seeds, int often, int rarely) => random.OneIn(seeds) ? random.Between(often, rarely) : 0;
}

/// <summary>What a seed decides for the board alone.</summary>
internal sealed record BoardScenario
{
    public SocStartState StartState { get; init; }

    public bool UsesDma { get; init; }

    public bool HasBuffersInCarveOut { get; init; }

    public InterruptWay Interrupts { get; init; }

    public bool HasLinkFaults { get; init; }

    /// <summary>The choices that the platform leaves to the user.</summary>
    public Rk3588Switches Switches { get; init; } = new();

    /// <summary>Which fault <see cref="Scenario.DmaFails"/> is: UR, CA, timeout, poison, local error, element fetch, stall.</summary>
    public int Fault { get; init; }
}
