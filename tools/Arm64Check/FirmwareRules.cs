using System.Text.RegularExpressions;

namespace Nvmepf.Arm64Check;

/// <summary>What the firmware is judged by. Every entry is needed: one that nothing uses any more is reported.</summary>
public static class FirmwareRules
{
    private const string Firmware = "^nvmepf_Nvmepf_Firmware_";
    private const string Hal = "^Nvmepf_Hal_Nvmepf_Hal_";

    /// <summary>Functions that allocate managed memory, take a lock or start an exception.</summary>
    public static Regex Forbidden { get; } = new(
        "^(Rhp?New|RhpNew|RhNew|RhBox|RhAllocate|RhpThrow|RhpRethrow|String__Concat|S_P_CoreLib_System_Threading_(Lock|Monitor)__)");

    /// <summary>The rules.</summary>
    /// <param name="isOwnFramework">Whether the object was compiled against arm64's own framework.</param>
    public static Rules Create(bool isOwnFramework) => new()
    {
        IsOwnFramework = isOwnFramework,
        Roots = ["nvmepf_Nvmepf_Firmware_Reactor__Run"],
        MustReach =
        [
            new(Firmware + "Controller_NvmeController__Turn$"),
            new(Hal + "VfioUser_VfioUserServer__Poll$"),
            new(Hal + "Rk3588_Rk3588Platform__Poll$"),
            new(Firmware + "Namespaces_FileBackend__Submit$"),
            new(Firmware + "Namespaces_RamBackend__Submit$"),
            new(Firmware + "Commands_Io_.*__"),
            new(Firmware + "Commands_Admin_.*__"),
        ],
        Forbidden = Forbidden,
        Boundaries = Boundaries(),
        IndirectCalls =
        [
            new(new(Firmware + "(Commands|Controller)_"), new("^nvmepf_Nvmepf_Firmware_Commands_.*___cctor$"), null, "handlers, by the tables of commands, pages and features"),
            new(new(Firmware + "Commands_"), null, new("^nvmepf_Nvmepf_Firmware_Namespaces_[A-Za-z]*Backend$"), "backends, virtually"),
            new(new(Firmware + "Control_ControlRequest__"), null, new("^nvmepf_Nvmepf_Firmware_(Control|Console)_[A-Za-z_]*Request$"), "what control threads ask for"),
        ],
        DeviceFunctions = new("Nvmepf_(Hal_(Mmio|DesignWare|Rk3588)|Firmware_(Queues|Controller))_"),
        AccessExceptions =
        [
            new(new(Hal + "Mmio_WindowCopy__(Load|Store)Narrow$"), "the ends of a copy that are no whole 32 bits: one ordered access of 8 or 16 bits"),
        ],
        Barriers = Barriers(),
    };

    private static BarrierRule[] Barriers() =>
    [
        Before("Rk3588_EdmaChannelRunner__Start", ["Full"], "the list, cleaned data and the channel's registers come before the doorbell"),
        Before("DesignWare_EdmaList__Seal", ["BeforeDoorbell", "Full"], "an element is whole before its cycle bit hands it over"),
        Before("Rk3588_InterruptRaiser__StoreMessage", ["BeforeDoorbell", "Full"], "a completion is in host memory before its interrupt"),
        Before("Rk3588_InterruptRaiser__SendMsiByApb", ["Full"], "the read behind the completion has ended before the register sends its interrupt"),
        Before("Rk3588_InterruptRaiser__WriteLegacyLevel", ["Full"], "the read behind the completion has ended before the level changes"),
        new(new(Hal + "Rk3588_EdmaDirection__Look$"), ["AfterStatus", "Full"], BarrierPlace.AfterFirstLoad, "data is not read before the status"),
        Has("Rk3588_EdmaTransferList__TakeData", ["CleanAndInvalidate"], "what the device wrote is not in the caches"),
        Has("Rk3588_EdmaTransferList__Add", ["Clean"], "what the device reads has to be in memory"),
        Has("Rk3588_EdmaDirection__TakeDone", ["Full"], "invalidation has ended before the data is looked at"),
        Has("Rk3588_InterruptRaiser__(TrySendMsix|SetPending)", ["Full"], "the table that the host writes is read, the pending bits are written"),
        Has("Rk3588_Rk3588Platform__RefreshBar", ["Full"], "the host's writes are seen"),
        new(new(Firmware + "Controller_RegisterFile__Write32$"), ["Clean"], BarrierPlace.Present, "a register is shown to the host"),
        new(new(Firmware + "Controller_RegisterFile__Write32$"), ["Full"], BarrierPlace.Present, "a register is shown to the host"),
        new(
            new(Firmware + "Controller_RegisterFile__TakeAdminQueueRegisters$"),
            ["AfterStatus"],
            BarrierPlace.Present,
            "the queues' addresses were written before CC.EN"),
    ];

    private static BarrierRule Before(string function, string[] routines, string reason) =>
        new(new(Hal + function + "$"), routines, BarrierPlace.BeforeLastStore, reason);

    private static BarrierRule Has(string function, string[] routines, string reason) =>
        new(new(Hal + function + "$"), routines, BarrierPlace.Present, reason);

    private static Boundary[] Boundaries() =>
    [
        new(new(Firmware + "Reactor__Stop$"), "the loop has ended"),
        new(new(Firmware + "Namespaces_[A-Za-z]*Backend__Open$"), "who starts a backend or asks for a namespace has opened it before"),
        new(new("^S_P_CoreLib_.*__Throw[A-Z]"), "a check of the framework failed (index, argument, overflow): a bug of ours, the process ends"),
        new(new("(__FailFast$|^RhpFallbackFailFast$|Hal_Invariant__Fail$)"), "an invariant of ours is broken: the process ends"),
        new(new("__GetInlinedThreadStaticBaseSlow$"), "the first access of a thread to its statics: Reactor.Start's system calls are before"),
        new(new("^__GetGCStaticBase_nvmepf_Nvmepf_Firmware_Commands_"), "the tables of commands, which CommandTable.Load makes at start"),
        new(new("^RhpGcPoll$"), "waits for a collection that another thread began"),
    ];
}
