using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin;

/// <summary>
/// Asynchronous Event Request, 0Ch (NVMe Base 2.1 section 5.1.2): waits until there is something to report. What is reported, and when, is
/// decided in <see cref="AsyncEvents"/>.
/// </summary>
public static unsafe class AsynchronousEventRequest
{
    /// <summary>The row.</summary>
    public static CommandDescriptor Descriptor { get; } = new()
    {
        Opcode = (byte)AdminOpcode.AsynchronousEventRequest,
        Name = "Asynchronous Event Request",
        NamespaceRule = NamespaceRule.Ignored,
        Effects = new CommandSupportedAndEffects { Scope = EffectsScope.Controller }.Raw,
        Execute = &Execute,
    };

    private static CommandOutcome Execute(CommandEngine engine, ref CommandSlot slot) =>
        engine.Controller.Events.Park(engine.Controller, ref slot);
}
