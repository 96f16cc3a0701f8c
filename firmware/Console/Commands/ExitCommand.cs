namespace Nvmepf.Firmware.Console.Commands;

/// <summary><c>exit</c>: ends the session; on a serial line the next one begins. The session itself does it, before commands are looked up.</summary>
internal static class ExitCommand
{
    /// <summary>The row.</summary>
    public static ConsoleCommand Row { get; } = new("exit", "", "end this session (^D does too); the firmware goes on", static _ => { });
}
