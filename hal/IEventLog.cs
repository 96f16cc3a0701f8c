namespace Nvmepf.Hal;

/// <summary>
/// Where a platform tells what happened: clients, links, protocol errors. Called on the reactor's thread, so that an
/// implementation neither allocates nor waits; a host can cause these events at will, so it also limits their rate.
/// </summary>
public interface IEventLog
{
    /// <summary>
    /// Records one event.
    /// </summary>
    /// <param name="staticText">A constant of the program; <c>{0}</c> and <c>{1}</c> stand where the numbers go. Never text of the host.</param>
    /// <param name="first">The number for <c>{0}</c>.</param>
    /// <param name="second">The number for <c>{1}</c>.</param>
    void Write(string staticText, long first = 0, long second = 0);
}
