using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin;

/// <summary>
/// Keep Alive, 18h (NVMe Base 2.1 section 5.1.14): restarts the Keep Alive Timer. Without a timeout set there is nothing to restart, and
/// the command succeeds.
/// </summary>
public static unsafe class KeepAlive
{
    /// <summary>The row.</summary>
    public static CommandDescriptor Descriptor { get; } = new()
    {
        Opcode = (byte)AdminOpcode.KeepAlive,
        Name = "Keep Alive",
        NamespaceRule = NamespaceRule.Ignored,
        Effects = new CommandSupportedAndEffects { Scope = EffectsScope.Controller }.Raw,
        Execute = &Execute,
    };

    private static CommandOutcome Execute(CommandEngine engine, ref CommandSlot slot)
    {
        engine.Controller.Features.KeepAlive.Restart(engine.Controller.Platform.NowNanoseconds, engine.Controller.CommandsFetched);
        slot.Status = Status.Success;
        return CommandOutcome.Completed;
    }
}
